/* What a call out of Node costs at the least: take(key) gives a string of 64 characters back,
 * take(key, value) nothing. */
#include <node_api.h>

static napi_value take(napi_env env, napi_callback_info info) {
    static const char text[65] = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv";
    char buffer[128];
    size_t count = 2, size;
    napi_value args[2], result = NULL;
    napi_get_cb_info(env, info, &count, args, NULL, NULL);
    napi_get_value_string_utf8(env, args[0], buffer, sizeof buffer, &size);
    if (count == 1) {
        napi_create_string_utf8(env, text, 64, &result);
    } else {
        napi_get_value_string_utf8(env, args[1], buffer, sizeof buffer, &size);
    }
    return result;
}

NAPI_MODULE_INIT() {
    napi_value function;
    napi_create_function(env, "take", NAPI_AUTO_LENGTH, take, NULL, &function);
    napi_set_named_property(env, exports, "take", function);
    return exports;
}
