#include "pipeline.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "handles.h"
#include "hot_methods.h"
#include "made.h"
#include "replies.h"

namespace kevy::python {

namespace {

struct Command {
  size_t words;       // 0: GET of the one word that it has, a key
  PyObject* convert;  // what its reply is given to; nullptr

  bool is_get() const noexcept { return words == 0; }
  size_t collected() const noexcept { return is_get() ? 1 : words; }
};

/// What was collected. Owns a reference to each word and converter.
struct Collected {
  std::vector<PyObject*> words;
  std::vector<Command> commands;

  void add(PyObject* const* more, size_t count, Command command) {
    make_room(words, count);
    make_room(commands, 1);
    for (size_t i = 0; i < count; ++i) {
      words.push_back(more[i]);
      Py_INCREF(more[i]);
    }
    commands.push_back(command);
    Py_XINCREF(command.convert);
  }

 private:
  // For so many more, which are then added without fail.
  template <typename Value>
  static void make_room(std::vector<Value>& values, size_t count) {
    const size_t wanted = values.size() + count;
    if (wanted > values.capacity()) values.reserve(std::max(wanted, 2 * values.capacity()));
  }
};

// The memory of a pipeline that has run, for the next one. Used with the GIL held.
Collected spare;
constexpr size_t kSpareWords = 256;

/// What a Python object of the class holds, behind the header of all objects.
struct PipelineObject {
  PyObject_HEAD PyObject* target;  // an Instance or a Session
  bool is_atomic;
  Collected collected;
};

// For as long as the process lives.
PyTypeObject* instance_type = nullptr;
PyObject* verb_get = nullptr;       // "GET"
PyObject* run_elsewhere = nullptr;  // "_run_collected"
PyObject* name_of_null = nullptr;   // "of_null"

PipelineObject* in(PyObject* self) { return reinterpret_cast<PipelineObject*>(self); }

void drop(Collected collected) {
  for (PyObject* word : collected.words) Py_DECREF(word);
  for (const Command& command : collected.commands) Py_XDECREF(command.convert);
  if (collected.words.capacity() > kSpareWords || collected.commands.capacity() > kSpareWords)
    return;
  collected.words.clear();
  collected.commands.clear();
  std::swap(spare, collected);
}

/// Drops what it owns at its end, whatever happens.
class Owned {
 public:
  explicit Owned(Collected& taken) : collected(std::exchange(taken, {})) {}
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { drop(std::move(collected)); }
  Collected collected;
};

// ---- Running short commands on the spot --------------------------------------------------------

// The most commands that are run one by one with the GIL kept.
constexpr size_t kFewCommands = 64;

/// What became of a command: an object, a reply, or a status that is not KEVY_OK.
struct Outcome {
  PyObject* object;
  kevy_reply* reply;
  kevy_status status;
};

Pace pace_of(const Collected& collected, const Words& words) {
  if (collected.commands.size() > kFewCommands || words.total_size() > kShortBytes) {
    return Pace::kLong;
  }
  size_t first = 0;
  for (const Command& command : collected.commands) {
    if (!command.is_get()) {
      const std::string_view verb(words.data()[first], words.sizes()[first]);
      if (command.words > kShortWords || python::pace_of(verb) != Pace::kShort) return Pace::kLong;
    }
    first += command.collected();
  }
  return Pace::kShort;
}

Outcome run_one(kevy_instance* instance, const char* const* words, const size_t* sizes,
                size_t count) {
  Outcome outcome{nullptr, nullptr, KEVY_OK};
  outcome.status = kevy_exec(instance, count, words, sizes, &outcome.reply);
  return outcome;
}

Outcome run_get(kevy_instance* instance, const char* key, size_t key_size) {
  char buffer[2048];
  size_t size = 0;
  const kevy_status status = kevy_get(instance, key, key_size, buffer, sizeof buffer, &size);
  if (status == KEVY_NOT_FOUND) return {new_reference(Py_None), nullptr, KEVY_OK};
  if (status == KEVY_OK) {
    PyObject* const object = text_object(buffer, size, false);
    if (object != nullptr) return {object, nullptr, KEVY_OK};
    PyErr_Clear();  // no memory: there may be some for a reply
  }
  const char* words[] = {"GET", key};
  const size_t sizes[] = {3, key_size};
  return run_one(instance, words, sizes, 2);
}

/// The object of an outcome, which it uses up; nullptr with a Python error set.
PyObject* object_of(Outcome& outcome, bool decode, bool& is_error) {
  if (outcome.status != KEVY_OK) {
    is_error = true;
    return exception_of(outcome.status, kevy_strerror(outcome.status));
  }
  if (outcome.reply == nullptr) {
    if (!decode || outcome.object == Py_None) return std::exchange(outcome.object, nullptr);
    return PyUnicode_FromEncodedObject(outcome.object, "utf-8", nullptr);
  }
  is_error = kevy_reply_get_type(outcome.reply) == KEVY_REPLY_ERROR;
  return reply_object(outcome.reply, decode);
}

// What libkevy._verbs.converted makes of it.
PyObject* converted(PyObject* object, PyObject* convert) {
  if (object == nullptr || convert == nullptr) return object;
  if (object == Py_None) {
    PyObject* const of_null = PyObject_GetAttr(convert, name_of_null);
    if (of_null == nullptr) {
      PyErr_Clear();
      return object;
    }
    Py_DECREF(object);
    PyObject* const made = PyObject_CallNoArgs(of_null);
    Py_DECREF(of_null);
    return made;
  }
  PyObject* const result = PyObject_CallOneArg(convert, object);
  Py_DECREF(object);
  return result;
}

/// A list of results, or nullptr with a Python error set. `first_error` is borrowed from the list.
PyObject* list_of(Outcome* outcomes, const Collected& collected, bool decode,
                  PyObject** first_error) {
  const size_t count = collected.commands.size();
  PyObject* list = PyList_New(static_cast<Py_ssize_t>(count));
  for (size_t i = 0; list != nullptr && i < count; ++i) {
    bool is_error = false;
    PyObject* object = object_of(outcomes[i], decode, is_error);
    if (!is_error) object = converted(object, collected.commands[i].convert);
    if (object == nullptr) {
      Py_CLEAR(list);
      break;
    }
    PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), object);
    if (is_error && *first_error == nullptr) *first_error = object;
  }
  for (size_t i = 0; i < count; ++i) {
    Py_XDECREF(outcomes[i].object);
    if (outcomes[i].reply != nullptr) kevy_reply_free(outcomes[i].reply);
  }
  return list;
}

PyObject* run_on_the_spot(InstanceHandle& instance, const Collected& collected, const Words& words,
                          bool raise_on_error) {
  // No Python code runs meanwhile: nobody can stop the instance.
  Outcome outcomes[kFewCommands];
  const char* const* next = words.data();
  const size_t* size = words.sizes();
  for (size_t i = 0; i < collected.commands.size(); ++i) {
    const Command& command = collected.commands[i];
    outcomes[i] = command.is_get() ? run_get(instance.handle, *next, *size)
                                   : run_one(instance.handle, next, size, command.words);
    next += command.collected();
    size += command.collected();
  }
  PyObject* error = nullptr;
  PyObject* list = list_of(outcomes, collected, instance.decode, &error);
  if (list == nullptr || error == nullptr || !raise_on_error) return list;
  raise(new_reference(error));
  Py_DECREF(list);
  return nullptr;
}

// ---- Running anything else, in Python ----------------------------------------------------------

PyObject* as_tuples(const Collected& collected) {
  const size_t count = collected.commands.size();
  PyObject* commands = PyTuple_New(static_cast<Py_ssize_t>(count));
  size_t next = 0;
  for (size_t i = 0; commands != nullptr && i < count; ++i) {
    const bool is_get = collected.commands[i].is_get();
    const size_t words = collected.commands[i].collected();
    PyObject* command = PyTuple_New(static_cast<Py_ssize_t>(words + (is_get ? 1 : 0)));
    if (command == nullptr) {
      Py_CLEAR(commands);
      break;
    }
    Py_ssize_t at = 0;
    if (is_get) PyTuple_SET_ITEM(command, at++, new_reference(verb_get));
    for (size_t j = 0; j < words; ++j) {
      PyTuple_SET_ITEM(command, at++, new_reference(collected.words[next++]));
    }
    PyTuple_SET_ITEM(commands, static_cast<Py_ssize_t>(i), command);
  }
  return commands;
}

PyObject* converters_of(const Collected& collected) {
  PyObject* list = PyList_New(static_cast<Py_ssize_t>(collected.commands.size()));
  for (size_t i = 0; list != nullptr && i < collected.commands.size(); ++i) {
    PyObject* const convert = collected.commands[i].convert;
    PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), new_reference(convert ? convert : Py_None));
  }
  return list;
}

PyObject* run_in_python(PyObject* self, const Collected& collected, bool raise_on_error) {
  PyObject* commands = as_tuples(collected);
  PyObject* converters = commands == nullptr ? nullptr : converters_of(collected);
  PyObject* result = nullptr;
  if (converters != nullptr) {
    PyObject* is_atomic = in(self)->is_atomic ? Py_True : Py_False;
    PyObject* raises = raise_on_error ? Py_True : Py_False;
    result = PyObject_CallMethodObjArgs(self, run_elsewhere, in(self)->target, is_atomic, commands,
                                        converters, raises, nullptr);
  }
  Py_XDECREF(converters);
  Py_XDECREF(commands);
  return result;
}

PyObject* run(PyObject* self, const Collected& collected, bool raise_on_error) {
  const PipelineObject& pipeline = *in(self);
  if (!pipeline.is_atomic && PyObject_TypeCheck(pipeline.target, instance_type) != 0) {
    InstanceHandle* const instance = handle_in<InstanceHandle>(pipeline.target);
    if (instance == nullptr) return nullptr;
    Words words(collected.words.size());
    for (PyObject* word : collected.words) {
      if (!words.add(word)) return nullptr;
    }
    if (instance->handle == nullptr) return raise_closed();
    if (!instance->contention->is_possible() && pace_of(collected, words) == Pace::kShort) {
      return run_on_the_spot(*instance, collected, words, raise_on_error);
    }
  }
  return run_in_python(self, collected, raise_on_error);
}

// ---- Methods -----------------------------------------------------------------------------------

PyObject* execute(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* flag = count == 1 && keywords == nullptr ? args[0] : Py_True;
  const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
  if (count + named > 1) {
    PyErr_SetString(PyExc_TypeError, "execute() takes raise_on_error; command() takes a command");
    return nullptr;
  }
  if (named == 1) {
    PyObject* const name = PyTuple_GET_ITEM(keywords, 0);
    if (PyUnicode_CompareWithASCIIString(name, "raise_on_error") != 0) {
      PyErr_Format(PyExc_TypeError, "execute() got an unexpected keyword argument '%U'", name);
      return nullptr;
    }
    flag = args[0];
  }
  if (!PyBool_Check(flag)) {
    PyErr_SetString(PyExc_TypeError,
                    "raise_on_error is True or False; commands are added with command()");
    return nullptr;
  }
  return guard([&]() -> PyObject* {
    const Owned owned(in(self)->collected);
    if (owned.collected.commands.empty()) return PyList_New(0);
    return run(self, owned.collected, flag == Py_True);
  });
}

PyObject* add_command(PyObject* self, PyObject* const* words, Py_ssize_t count, Command command) {
  return guard([&]() -> PyObject* {
    in(self)->collected.add(words, static_cast<size_t>(count), command);
    return new_reference(self);
  });
}

PyObject* command(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (count != 0) return add_command(self, args, count, {static_cast<size_t>(count), nullptr});
  PyErr_SetString(PyExc_TypeError, "command() takes a command: its verb and its arguments");
  return nullptr;
}

PyObject* convert_command(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (count > 1) {
    return add_command(self, args + 1, count - 1, {static_cast<size_t>(count - 1), args[0]});
  }
  PyErr_SetString(PyExc_TypeError, "a converter and a command are wanted");
  return nullptr;
}

PyObject* get(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* const name = only_name(args, count, keywords);
  if (name == nullptr) return nullptr;
  return add_command(self, &name, 1, {0, nullptr});
}

PyObject* clear(PyObject* self, PyObject* /*unused*/) {
  const Owned owned(in(self)->collected);
  Py_RETURN_NONE;
}

Py_ssize_t length(PyObject* self) {
  return static_cast<Py_ssize_t>(in(self)->collected.commands.size());
}

int is_true(PyObject* /*self*/) { return 1; }

// ---- The class ---------------------------------------------------------------------------------

// Two arguments, by position: the package alone makes pipelines.
PyObject* make(PyTypeObject* type, PyObject* args, PyObject* keywords) {
  if (PyTuple_GET_SIZE(args) != 2 || keywords != nullptr) {
    PyErr_SetString(PyExc_TypeError, "a target, and whether the pipeline is atomic, are wanted");
    return nullptr;
  }
  PyObject* const target = PyTuple_GET_ITEM(args, 0);
  const int is_atomic = PyObject_IsTrue(PyTuple_GET_ITEM(args, 1));
  if (is_atomic < 0) return nullptr;
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  PipelineObject& pipeline = *in(self);
  std::construct_at(&pipeline.collected, std::exchange(spare, {}));
  pipeline.target = new_reference(target);
  pipeline.is_atomic = is_atomic != 0;
  return self;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(in(self)->target);
  for (PyObject* word : in(self)->collected.words) Py_VISIT(word);
  for (const Command& command : in(self)->collected.commands) Py_VISIT(command.convert);
  return 0;
}

int clear_references(PyObject* self) {
  const Owned owned(in(self)->collected);
  Py_CLEAR(in(self)->target);
  return 0;
}

void dispose(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  clear_references(self);
  std::destroy_at(&in(self)->collected);
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"execute", as_method(execute), METH_FASTCALL | METH_KEYWORDS,
     "execute($self, raise_on_error=True)\n--\n\n"
     "Runs the commands and gives their results, in order. The pipeline is empty afterwards.\n\n"
     "All commands run, whatever becomes of each. Then the first error is raised, or, without\n"
     "`raise_on_error`, the errors stand among the results as exceptions. ClosedError: the "
     "session\n"
     "ended before the last command. An atomic pipeline raises WatchError when a key watched by\n"
     "its session was changed."},
    {"command", as_method(command), METH_FASTCALL,
     "command($self, /, *words)\n--\n\n"
     "Adds any command, the verb first. Its reply comes as Redis has it."},
    {"_command", as_method(command), METH_FASTCALL, "_command($self, /, *words)\n--\n\n"},
    {"_converted", as_method(convert_command), METH_FASTCALL,
     "_converted($self, convert, /, *words)\n--\n\n"},
    {"get", as_method(get), METH_FASTCALL | METH_KEYWORDS,
     "get($self, name)\n--\n\nAdds GET: the string at a key, None when there is no such key."},
    {"clear", clear, METH_NOARGS, "clear($self)\n--\n\nForgets the commands added so far."},
    {nullptr, nullptr, 0, nullptr}};

template <typename Function>
void* slot(Function* function) {
  return reinterpret_cast<void*>(function);
}

PyType_Slot slots[] = {
    {Py_tp_doc, const_cast<char*>("What a pipeline collects: commands, and how to read replies.")},
    {Py_tp_new, slot(make)},
    {Py_tp_traverse, slot(traverse)},
    {Py_tp_clear, slot(clear_references)},
    {Py_tp_dealloc, slot(dispose)},
    {Py_tp_methods, methods},
    {Py_sq_length, slot(length)},
    {Py_nb_bool, slot(is_true)},
    {0, nullptr}};

PyType_Spec spec = {"libkevy._native.PipelineHandle", sizeof(PipelineObject), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace

void add_pipeline(pybind11::module_& module, pybind11::handle instance) {
  instance_type = reinterpret_cast<PyTypeObject*>(instance.inc_ref().ptr());
  verb_get = PyUnicode_InternFromString("GET");
  run_elsewhere = PyUnicode_InternFromString("_run_collected");
  name_of_null = PyUnicode_InternFromString("of_null");
  const auto type = pybind11::reinterpret_steal<pybind11::object>(PyType_FromSpec(&spec));
  if (verb_get == nullptr || run_elsewhere == nullptr || name_of_null == nullptr || !type) {
    throw pybind11::error_already_set();
  }
  module.attr("PipelineHandle") = type;
}

}  // namespace kevy::python
