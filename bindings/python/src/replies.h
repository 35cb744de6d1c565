// Replies as Python objects, and errors as exceptions. Used with the GIL held.
#pragma once

#include <Python.h>
#include <kevy.h>

namespace kevy::python {

/// Remembers libkevy.errors, whose functions make the exceptions. Called once, by the module.
bool load_errors();

/// Sets the exception for a status other than KEVY_OK; nullptr.
PyObject* raise_status(kevy_status status, const char* detail = kevy_last_error());
PyObject* raise_closed();
/// Sets the exception for an object that is no word of a command; nullptr.
PyObject* raise_refused_word(PyObject* word);
/// The exception for a status, or for an error reply; nullptr with a Python error set.
PyObject* exception_of(kevy_status status, const char* detail);
/// Sets `exception`, which it takes; nullptr.
PyObject* raise(PyObject* exception);

/// Bytes, or str when `decode`. nullptr with a Python error set.
PyObject* text_object(const char* data, size_t size, bool decode);

/// The reply as an object; error replies inside it, and itself, become exception values.
PyObject* reply_object(const kevy_reply* reply, bool decode);

/// The reply as the result of a command, which it frees: an error reply is raised.
PyObject* take_reply(kevy_reply* reply, bool decode);

}  // namespace kevy::python
