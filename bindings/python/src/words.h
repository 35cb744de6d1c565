// The words of commands as the C ABI takes them: pointers and lengths into Python objects.
#pragma once

#include <Python.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace kevy::python {

/// Takes str (as UTF-8), bytes, bytearray, contiguous memoryviews of bytes, int and float; nothing
/// else, however much it may look like one of them. Points into the objects it is given, which the
/// caller keeps alive; owns what it had to make. Used with the GIL held; what it points to may be
/// read without.
class Words {
 public:
  explicit Words(size_t capacity) {
    if (capacity <= kFew) return;
    many_data_ = std::make_unique<const char*[]>(capacity);
    many_sizes_ = std::make_unique<size_t[]>(capacity);
    data_ = many_data_.get();
    sizes_ = many_sizes_.get();
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  ~Words() {
    if (!made_.empty() || !buffers_.empty()) release();
  }

  /// Appends a word, within the capacity. False with a Python error set.
  bool add(PyObject* word) {
    if (PyBytes_Check(word)) {
      append(PyBytes_AS_STRING(word), PyBytes_GET_SIZE(word));
      return true;
    }
    if (PyUnicode_Check(word)) {
      Py_ssize_t size;
      const char* text = PyUnicode_AsUTF8AndSize(word, &size);
      if (text == nullptr) return false;
      append(text, size);
      return true;
    }
    return add_converted(word);
  }

  size_t count() const noexcept { return count_; }
  const char* const* data() const noexcept { return data_; }
  const size_t* sizes() const noexcept { return sizes_; }
  /// The bytes of all words together.
  size_t total_size() const noexcept { return total_size_; }

 private:
  static constexpr size_t kFew = 32;

  void append(const char* text, Py_ssize_t size) noexcept {
    data_[count_] = text;
    sizes_[count_++] = static_cast<size_t>(size);
    total_size_ += static_cast<size_t>(size);
  }
  bool add_converted(PyObject* word);
  bool add_made(PyObject* text);
  bool add_buffer(PyObject* word);
  bool add_view(PyObject* word);
  void release();

  const char* few_data_[kFew];
  size_t few_sizes_[kFew];
  const char** data_ = few_data_;
  size_t* sizes_ = few_sizes_;
  size_t count_ = 0;
  size_t total_size_ = 0;
  std::unique_ptr<const char*[]> many_data_;
  std::unique_ptr<size_t[]> many_sizes_;
  std::vector<PyObject*> made_;
  std::vector<Py_buffer> buffers_;
};

}  // namespace kevy::python
