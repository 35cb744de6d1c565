/* What a call out of Python costs at the least, and what the same operation costs from C: the two
 * that a binding can not be faster than. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <kevy.h>
#include <time.h>

enum { KEYS = 1000 };

/* take(key) -> bytes; take(key, value) -> None: nothing but the crossing. */
static PyObject* take(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    (void)self;
    if (count == 2) Py_RETURN_NONE;
    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(args[0]), PyBytes_GET_SIZE(args[0]));
}

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* c_cost(rounds) -> (ns of kevy_get, ns of kevy_set), keys of 12 bytes, values of 64. */
static PyObject* c_cost(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    (void)self;
    (void)count;
    const long rounds = PyLong_AsLong(args[0]);
    static char keys[KEYS][16];
    char value[64] = {0}, buffer[128];
    kevy_instance* db;
    size_t size;
    if (kevy_start(NULL, &db) != KEVY_OK) return NULL;
    for (int i = 0; i < KEYS; ++i) snprintf(keys[i], sizeof keys[i], "key:%08d", i);
    const double start = now_ns();
    for (long round = 0; round < rounds; ++round) {
        for (int i = 0; i < KEYS; ++i) kevy_set(db, keys[i], 12, value, sizeof value, 0, 0);
    }
    const double between = now_ns();
    for (long round = 0; round < rounds; ++round) {
        for (int i = 0; i < KEYS; ++i) kevy_get(db, keys[i], 12, buffer, sizeof buffer, &size);
    }
    const double end = now_ns();
    kevy_stop(db);
    const double operations = (double)rounds * KEYS;
    return Py_BuildValue("dd", (end - between) / operations, (between - start) / operations);
}

static PyMethodDef methods[] = {
    {"take", (PyCFunction)(void (*)(void))take, METH_FASTCALL, NULL},
    {"c_cost", (PyCFunction)(void (*)(void))c_cost, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "bare_python", NULL, -1, methods,
                                    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_bare_python(void) { return PyModule_Create(&module); }
