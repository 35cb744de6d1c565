// cjson.encode: values of Lua as JSON.
#include <charconv>
#include <climits>
#include <cmath>

#include "script/libraries/buffer.h"
#include "script/libraries/cjson.h"

namespace kevy {

namespace {

class JsonEncoder {
 public:
  explicit JsonEncoder(lua_State* lua) : lua_(lua), settings_(JsonSettings::of(lua)), out_(lua) {}

  /// Writes the value on the stack's top, which stays there.
  void write(int depth) {
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING:
        write_text(text_at(lua_, -1));
        break;
      case LUA_TNUMBER:
        write_number();
        break;
      case LUA_TBOOLEAN:
        out_.add(lua_toboolean(lua_, -1) != 0 ? "true" : "false");
        break;
      case LUA_TNIL:
        out_.add("null");
        break;
      case LUA_TTABLE:
        write_table(depth + 1);
        break;
      case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(lua_, -1) == nullptr) {
          out_.add("null");
          break;
        }
        [[fallthrough]];
      default:
        refuse(-1, "type not supported");
    }
  }
  Bytes text() const noexcept { return out_.text(); }

 private:
  void refuse(int index, const char* reason) {
    luaL_error(lua_, "Cannot serialise %s: %s", luaL_typename(lua_, index), reason);
  }

  void write_table(int depth) {
    if (depth > settings_.encode_depth_max || lua_checkstack(lua_, 3) == 0) {
      luaL_error(lua_, "Cannot serialise, excessive nesting (%d)", depth);
    }
    const int size = array_size();
    if (size > 0) {
      write_array(size, depth);
    } else {
      write_object(depth);
    }
  }

  // Below zero: no array. Zero: empty.
  int array_size() {
    lua_Number max = 0, items = 0;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1)) {
      const lua_Number key = lua_type(lua_, -2) == LUA_TNUMBER ? lua_tonumber(lua_, -2) : 0;
      if (key < 1 || key > INT_MAX || std::floor(key) != key) {
        lua_pop(lua_, 2);
        return -1;
      }
      if (key > max) max = key;
      ++items;
    }
    const bool sparse = settings_.sparse_ratio > 0 && max > items * settings_.sparse_ratio &&
                        max > settings_.sparse_safe;
    if (!sparse) return static_cast<int>(max);
    if (!settings_.sparse_convert) refuse(-1, "excessively sparse array");
    return -1;
  }

  void write_array(int size, int depth) {
    out_.add('[');
    for (int i = 1; i <= size; ++i) {
      if (i != 1) out_.add(',');
      lua_rawgeti(lua_, -1, i);
      write(depth);
      lua_pop(lua_, 1);
    }
    out_.add(']');
  }

  void write_object(int depth) {
    out_.add('{');
    bool first = true;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1)) {
      if (!first) out_.add(',');
      first = false;
      write_key();
      write(depth);
    }
    out_.add('}');
  }

  void write_key() {
    switch (lua_type(lua_, -2)) {
      case LUA_TNUMBER:
        out_.add('"');
        lua_pushvalue(lua_, -2);
        write_number();
        lua_pop(lua_, 1);
        out_.add("\":");
        break;
      case LUA_TSTRING:
        write_text(text_at(lua_, -2));
        out_.add(':');
        break;
      default:
        refuse(-2, "table key must be a number or string");
    }
  }

  void write_number() {
    const lua_Number number = lua_tonumber(lua_, -1);
    if (!std::isfinite(number)) {
      if (settings_.encode_invalid_numbers == 0) refuse(-1, "must not be NaN or Inf");
      const bool as_null = settings_.encode_invalid_numbers == 2;
      out_.add(as_null ? "null" : std::isnan(number) ? "nan" : number < 0 ? "-inf" : "inf");
      return;
    }
    char text[40];
    const auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::general,
                                   settings_.number_precision);
    out_.add(Bytes(text, static_cast<size_t>(end.ptr - text)));
  }

  void write_text(Bytes text) {
    out_.add('"');
    size_t plain = 0;  // where what needs no escape begins
    for (size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c >= 0x20 && c != '"' && c != '\\' && c != '/' && c != 0x7f) continue;
      out_.add(text.substr(plain, i - plain));
      plain = i + 1;
      write_escape(c);
    }
    out_.add(text.substr(plain));
    out_.add('"');
  }

  void write_escape(unsigned char c) {
    switch (c) {
      case '"':
        out_.add("\\\"");
        break;
      case '\\':
        out_.add("\\\\");
        break;
      case '/':
        out_.add("\\/");
        break;
      case '\b':
        out_.add("\\b");
        break;
      case '\f':
        out_.add("\\f");
        break;
      case '\n':
        out_.add("\\n");
        break;
      case '\r':
        out_.add("\\r");
        break;
      case '\t':
        out_.add("\\t");
        break;
      default: {
        constexpr const char* kDigits = "0123456789abcdef";
        const char escape[] = {'\\', 'u', '0', '0', kDigits[c >> 4], kDigits[c & 15]};
        out_.add(Bytes(escape, sizeof escape));
      }
    }
  }

  lua_State* lua_;
  const JsonSettings& settings_;
  LibraryBuffer out_;
};

}  // namespace

int json_encode(lua_State* lua) {
  luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
  JsonEncoder encoder(lua);
  encoder.write(0);
  push(lua, encoder.text());
  return 1;
}

}  // namespace kevy
