#include "replies.h"

namespace kevy::python {

namespace {

PyObject* from_reply = nullptr;    // libkevy.errors.from_reply, for as long as the process lives
PyObject* from_status = nullptr;   // libkevy.errors.from_status
PyObject* refused_word = nullptr;  // libkevy.errors.refused_word

PyObject* list_object(const kevy_reply* reply, bool decode) {
  const size_t count = kevy_reply_count(reply);
  PyObject* list = PyList_New(static_cast<Py_ssize_t>(count));
  for (size_t i = 0; list != nullptr && i < count; ++i) {
    PyObject* element = reply_object(kevy_reply_at(reply, i), decode);
    if (element == nullptr) {
      Py_CLEAR(list);
    } else {
      PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), element);
    }
  }
  return list;
}

// A list when its elements cannot be in a Python set: COMMAND INFO has a set of maps.
PyObject* set_object(const kevy_reply* reply, bool decode) {
  PyObject* elements = list_object(reply, decode);
  if (elements == nullptr) return nullptr;
  PyObject* set = PySet_New(elements);
  if (set == nullptr && PyErr_ExceptionMatches(PyExc_TypeError)) {
    PyErr_Clear();
    return elements;
  }
  Py_DECREF(elements);
  return set;
}

PyObject* dict_object(const kevy_reply* reply, bool decode) {
  const size_t count = kevy_reply_count(reply);
  PyObject* dict = PyDict_New();
  for (size_t i = 0; dict != nullptr && i + 1 < count; i += 2) {
    PyObject* key = reply_object(kevy_reply_at(reply, i), decode);
    PyObject* value = key == nullptr ? nullptr : reply_object(kevy_reply_at(reply, i + 1), decode);
    if (value == nullptr || PyDict_SetItem(dict, key, value) != 0) Py_CLEAR(dict);
    Py_XDECREF(key);
    Py_XDECREF(value);
  }
  return dict;
}

PyObject* exception_object(const kevy_reply* reply) {
  size_t size;
  const char* text = kevy_reply_string(reply, &size);
  return PyObject_CallFunction(from_reply, "N",
                               PyBytes_FromStringAndSize(text, static_cast<Py_ssize_t>(size)));
}

}  // namespace

bool load_errors() {
  PyObject* errors = PyImport_ImportModule("libkevy.errors");
  if (errors == nullptr) return false;
  from_reply = PyObject_GetAttrString(errors, "from_reply");
  from_status = PyObject_GetAttrString(errors, "from_status");
  refused_word = PyObject_GetAttrString(errors, "refused_word");
  Py_DECREF(errors);
  return from_reply != nullptr && from_status != nullptr && refused_word != nullptr;
}

PyObject* raise(PyObject* exception) {
  if (exception != nullptr) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception)), exception);
    Py_DECREF(exception);
  }
  return nullptr;
}

PyObject* exception_of(kevy_status status, const char* detail) {
  return PyObject_CallFunction(from_status, "iyi", static_cast<int>(status), detail,
                               kevy_last_errno());
}

PyObject* raise_status(kevy_status status, const char* detail) {
  return raise(exception_of(status, detail));
}

PyObject* raise_closed() {
  return raise_status(KEVY_CLOSED, "the instance was stopped, or the handle was closed");
}

PyObject* raise_refused_word(PyObject* word) {
  return raise(PyObject_CallOneArg(refused_word, word));
}

PyObject* text_object(const char* data, size_t size, bool decode) {
  const auto length = static_cast<Py_ssize_t>(size);
  return decode ? PyUnicode_DecodeUTF8(data, length, nullptr)
                : PyBytes_FromStringAndSize(data, length);
}

PyObject* reply_object(const kevy_reply* reply, bool decode) {
  switch (kevy_reply_get_type(reply)) {
    case KEVY_REPLY_STATUS:
    case KEVY_REPLY_STRING:
    case KEVY_REPLY_VERBATIM: {
      size_t size;
      const char* data = kevy_reply_string(reply, &size);
      return text_object(data, size, decode);
    }
    case KEVY_REPLY_ERROR:
      return exception_object(reply);
    case KEVY_REPLY_INTEGER:
      return PyLong_FromLongLong(kevy_reply_integer(reply));
    case KEVY_REPLY_ARRAY:
    case KEVY_REPLY_PUSH:
      return list_object(reply, decode);
    case KEVY_REPLY_MAP:
      return dict_object(reply, decode);
    case KEVY_REPLY_SET:
      return set_object(reply, decode);
    case KEVY_REPLY_DOUBLE:
      return PyFloat_FromDouble(kevy_reply_double(reply));
    case KEVY_REPLY_BOOLEAN:
      return PyBool_FromLong(kevy_reply_integer(reply) != 0);
    case KEVY_REPLY_NULL:
      break;
  }
  Py_RETURN_NONE;
}

PyObject* take_reply(kevy_reply* reply, bool decode) {
  PyObject* object = reply_object(reply, decode);
  const bool is_error = kevy_reply_get_type(reply) == KEVY_REPLY_ERROR;
  kevy_reply_free(reply);
  return is_error ? raise(object) : object;
}

}  // namespace kevy::python
