#include "words.h"

#include "replies.h"

namespace kevy::python {

bool Words::add_converted(PyObject* word) {
  if (PyLong_Check(word) && !PyBool_Check(word)) return add_made(PyNumber_ToBase(word, 10));
  if (PyFloat_Check(word)) return add_made(PyFloat_Type.tp_repr(word));
  if (PyByteArray_Check(word)) return add_buffer(word);
  if (PyMemoryView_Check(word)) return add_view(word);
  raise_refused_word(word);
  return false;
}

bool Words::add_view(PyObject* word) {
  const Py_buffer* view = PyMemoryView_GET_BUFFER(word);
  const bool has_bytes = view->itemsize == 1 && PyBuffer_IsContiguous(view, 'C') != 0;
  if (has_bytes) return add_buffer(word);
  raise_refused_word(word);
  return false;
}

bool Words::add_made(PyObject* text) {
  if (text == nullptr) return false;
  made_.push_back(text);
  Py_ssize_t size;
  const char* data = PyUnicode_AsUTF8AndSize(text, &size);
  if (data == nullptr) return false;
  append(data, size);
  return true;
}

bool Words::add_buffer(PyObject* word) {
  Py_buffer buffer;
  if (PyObject_GetBuffer(word, &buffer, PyBUF_SIMPLE) != 0) return false;
  buffers_.push_back(buffer);
  append(buffer.buf == nullptr ? "" : static_cast<const char*>(buffer.buf), buffer.len);
  return true;
}

void Words::release() {
  for (PyObject* text : made_) Py_DECREF(text);
  for (Py_buffer& buffer : buffers_) PyBuffer_Release(&buffer);
}

}  // namespace kevy::python
