#include "script/lua/convert.h"

#include <algorithm>
#include <string>

#include "script/lua/state.h"

namespace kevy {

namespace {

void push_value(lua_State* lua, const ValueTape& tape, size_t& at);

int room(uint64_t size) { return static_cast<int>(std::min<uint64_t>(size, 1 << 20)); }

void push_array(lua_State* lua, const ValueTape& tape, size_t& at, uint64_t size) {
  lua_createtable(lua, room(size), 0);
  for (uint64_t i = 1; i <= size; ++i) {
    push_value(lua, tape, at);
    lua_rawseti(lua, -2, static_cast<int>(i));
  }
}

void push_map(lua_State* lua, const ValueTape& tape, size_t& at, uint64_t pairs) {
  lua_createtable(lua, 0, 1);
  lua_createtable(lua, 0, room(pairs));
  for (uint64_t i = 0; i < pairs; ++i) {
    push_value(lua, tape, at);
    push_value(lua, tape, at);
    lua_rawset(lua, -3);
  }
  lua_setfield(lua, -2, "map");
}

void push_set(lua_State* lua, const ValueTape& tape, size_t& at, uint64_t size) {
  lua_createtable(lua, 0, 1);
  lua_createtable(lua, 0, room(size));
  for (uint64_t i = 0; i < size; ++i) {
    push_value(lua, tape, at);
    lua_pushboolean(lua, 1);
    lua_rawset(lua, -3);
  }
  lua_setfield(lua, -2, "set");
}

void push_verbatim(lua_State* lua, const TapeValue& value) {
  lua_createtable(lua, 0, 1);
  lua_createtable(lua, 0, 2);
  push(lua, value.bytes);
  lua_setfield(lua, -2, "string");
  push(lua, value.format);
  lua_setfield(lua, -2, "format");
  lua_setfield(lua, -2, "verbatim_string");
}

// Replies of commands are a few levels deep, whatever a client does.
void push_value(lua_State* lua, const ValueTape& tape, size_t& at) {
  luaL_checkstack(lua, 6, "reply too deep");
  const TapeValue value = tape.read(at);
  switch (value.kind) {
    case TapeKind::kInteger:
      lua_pushnumber(lua, static_cast<lua_Number>(value.integer));
      break;
    case TapeKind::kBulk:
      push(lua, value.bytes);
      break;
    case TapeKind::kStatus:
      push_field(lua, "ok", value.bytes);
      break;
    case TapeKind::kError:
      push_error(lua, value.bytes);
      break;
    case TapeKind::kNull:
      tape.protocol() == 2 ? lua_pushboolean(lua, 0) : lua_pushnil(lua);
      break;
    case TapeKind::kArray:
      push_array(lua, tape, at, value.size);
      break;
    case TapeKind::kMap:
      push_map(lua, tape, at, value.size);
      break;
    case TapeKind::kSet:
      push_set(lua, tape, at, value.size);
      break;
    case TapeKind::kReal:
      lua_createtable(lua, 0, 1);
      lua_pushnumber(lua, value.real);
      lua_setfield(lua, -2, "double");
      break;
    case TapeKind::kBoolean:
      lua_pushboolean(lua, value.size != 0 ? 1 : 0);
      break;
    case TapeKind::kVerbatim:
      push_verbatim(lua, value);
      break;
    case TapeKind::kBigNumber:
      push_field(lua, "big_number", value.bytes);
      break;
  }
}

std::string one_line(Bytes text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return line;
}

/// Writes the table on the stack's top, which is left there.
class TableWriter {
 public:
  TableWriter(lua_State* lua, ValueTape& tape, int protocol)
      : lua_(lua), tape_(tape), protocol_(protocol) {}

  void write() {
    if (field("err") == LUA_TSTRING) {
      tape_.error(text_at(lua_, -1));
      lua_pop(lua_, 1);
      return;
    }
    lua_pop(lua_, 1);
    if (field("ok") == LUA_TSTRING) {
      tape_.status(one_line(text_at(lua_, -1)));
      lua_pop(lua_, 1);
      return;
    }
    lua_pop(lua_, 1);
    if (field("double") == LUA_TNUMBER) {
      tape_.real(lua_tonumber(lua_, -1));
      lua_pop(lua_, 1);
      return;
    }
    lua_pop(lua_, 1);
    if (write_pairs("map", TapeKind::kMap) || write_pairs("set", TapeKind::kSet)) return;
    if (field("big_number") == LUA_TSTRING) {
      tape_.big_number(one_line(text_at(lua_, -1)));
      lua_pop(lua_, 1);
      return;
    }
    lua_pop(lua_, 1);
    if (write_verbatim()) return;
    write_array();
  }

 private:
  int field(const char* name) {
    lua_pushstring(lua_, name);
    lua_rawget(lua_, -2);
    return lua_type(lua_, -1);
  }

  bool write_pairs(const char* name, TapeKind kind) {
    if (field(name) != LUA_TTABLE) {
      lua_pop(lua_, 1);
      return false;
    }
    const size_t opened = tape_.open(kind);
    uint64_t count = 0;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; ++count) {
      lua_pushvalue(lua_, -2);
      write_value(lua_, tape_, protocol_);
      if (kind == TapeKind::kMap) {
        write_value(lua_, tape_, protocol_);
      } else {
        lua_pop(lua_, 1);
      }
    }
    tape_.close(opened, count);
    lua_pop(lua_, 1);
    return true;
  }

  bool write_verbatim() {
    if (field("verbatim_string") != LUA_TTABLE) {
      lua_pop(lua_, 1);
      return false;
    }
    bool written = false;
    if (field("format") == LUA_TSTRING) {
      std::string format(text_at(lua_, -1));
      format.resize(3, ' ');
      lua_pop(lua_, 1);
      if (field("string") == LUA_TSTRING) {
        tape_.verbatim(format, text_at(lua_, -1));
        written = true;
      }
    }
    lua_pop(lua_, 2);
    return written;
  }

  // Up to the first nil.
  void write_array() {
    const size_t opened = tape_.open(TapeKind::kArray);
    uint64_t count = 0;
    for (;; ++count) {
      lua_rawgeti(lua_, -1, static_cast<int>(count) + 1);
      if (lua_isnil(lua_, -1)) break;
      write_value(lua_, tape_, protocol_);
    }
    lua_pop(lua_, 1);
    tape_.close(opened, count);
  }

  lua_State* lua_;
  ValueTape& tape_;
  int protocol_;
};

}  // namespace

void push_reply(lua_State* lua, const ValueTape& tape) {
  size_t at = 0;
  push_value(lua, tape, at);
}

void push_field(lua_State* lua, const char* name, Bytes text) {
  lua_createtable(lua, 0, 1);
  push(lua, text);
  lua_setfield(lua, -2, name);
}

void push_error(lua_State* lua, Bytes text) {
  lua_createtable(lua, 0, 2);
  push(lua, text);
  lua_setfield(lua, -2, "err");
  lua_pushboolean(lua, 1);
  lua_setfield(lua, -2, "ignore_error_stats_update");
}

int64_t integer_of(lua_Number number) noexcept {
  constexpr lua_Number kBeyond = 9223372036854775808.0;
  return number >= -kBeyond && number < kBeyond ? static_cast<int64_t>(number) : INT64_MIN;
}

void write_value(lua_State* lua, ValueTape& tape, int protocol) {
  if (lua_checkstack(lua, 4) == 0) {
    tape.error("ERR reached lua stack limit");
    lua_pop(lua, 1);
    return;
  }
  switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
      tape.bulk(text_at(lua, -1));
      break;
    case LUA_TNUMBER:
      tape.integer(integer_of(lua_tonumber(lua, -1)));
      break;
    case LUA_TBOOLEAN:
      if (protocol == 3) {
        tape.boolean(lua_toboolean(lua, -1) != 0);
      } else if (lua_toboolean(lua, -1) != 0) {
        tape.integer(1);
      } else {
        tape.null();
      }
      break;
    case LUA_TTABLE:
      TableWriter(lua, tape, protocol).write();
      break;
    default:
      tape.null();
  }
  lua_pop(lua, 1);
}

}  // namespace kevy
