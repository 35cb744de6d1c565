// cmsgpack: MessagePack, as it was before it told text from bytes.
#include <climits>
#include <cmath>
#include <cstring>

#include "script/libraries/buffer.h"
#include "script/libraries/libraries.h"
#include "script/lua/convert.h"

namespace kevy {

namespace {

constexpr int kNestingMax = 16;  // what lies deeper is packed as nil

class Packer {
 public:
  explicit Packer(lua_State* lua) : lua_(lua), out_(lua) {}

  /// Packs the value on the stack's top, and pops it.
  void pack(int level) {
    int type = lua_type(lua_, -1);
    if (type == LUA_TTABLE && level == kNestingMax) type = LUA_TNIL;
    switch (type) {
      case LUA_TSTRING:
        pack_text(text_at(lua_, -1));
        break;
      case LUA_TNUMBER:
        pack_number(lua_tonumber(lua_, -1));
        break;
      case LUA_TBOOLEAN:
        out_.add(static_cast<char>(lua_toboolean(lua_, -1) != 0 ? 0xc3 : 0xc2));
        break;
      case LUA_TTABLE:
        pack_table(level);
        break;
      default:
        out_.add(static_cast<char>(0xc0));
    }
    lua_pop(lua_, 1);
  }
  Bytes text() const noexcept { return out_.text(); }

 private:
  void tagged(int tag, uint64_t number, size_t size) {
    out_.add(static_cast<char>(tag));
    out_.add_big_endian(number, size);
  }

  // The short form holds up to `few`; then come sizes of 1 byte, if there is a tag for that, 2
  // and 4.
  void pack_size(size_t size, size_t few, int few_tag, int tag8, int tag16) {
    if (size <= few) {
      out_.add(static_cast<char>(few_tag | static_cast<int>(size)));
    } else if (size <= 0xff && tag8 != 0) {
      tagged(tag8, size, 1);
    } else if (size <= 0xffff) {
      tagged(tag16, size, 2);
    } else {
      tagged(tag16 + 1, size, 4);
    }
  }

  void pack_text(Bytes text) {
    pack_size(text.size(), 31, 0xa0, 0xd9, 0xda);
    out_.add(text);
  }

  void pack_number(lua_Number number) {
    constexpr lua_Number kBeyond = 9223372036854775808.0;
    if (std::floor(number) == number && number >= -kBeyond && number < kBeyond) {
      pack_integer(static_cast<int64_t>(number));
      return;
    }
    const auto shorter = static_cast<float>(number);
    if (static_cast<lua_Number>(shorter) == number) {
      uint32_t bits;
      std::memcpy(&bits, &shorter, sizeof bits);
      tagged(0xca, bits, 4);
    } else {
      uint64_t bits;
      std::memcpy(&bits, &number, sizeof bits);
      tagged(0xcb, bits, 8);
    }
  }

  void pack_integer(int64_t value) {
    const auto bits = static_cast<uint64_t>(value);
    if (value >= -32 && value <= 127) {
      out_.add(static_cast<char>(value));
    } else if (value >= 0) {
      if (value <= 0xff) return tagged(0xcc, bits, 1);
      if (value <= 0xffff) return tagged(0xcd, bits, 2);
      if (value <= 0xffffffff) return tagged(0xce, bits, 4);
      tagged(0xcf, bits, 8);
    } else {
      if (value >= INT8_MIN) return tagged(0xd0, bits, 1);
      if (value >= INT16_MIN) return tagged(0xd1, bits, 2);
      if (value >= INT32_MIN) return tagged(0xd2, bits, 4);
      tagged(0xd3, bits, 8);
    }
  }

  void pack_table(int level) {
    luaL_checkstack(lua_, 5, "in function pack");
    const size_t size = array_size();
    if (size != SIZE_MAX) {
      pack_size(size, 15, 0x90, 0, 0xdc);
      for (size_t i = 1; i <= size; ++i) {
        lua_rawgeti(lua_, -1, static_cast<int>(i));
        pack(level + 1);
      }
      return;
    }
    size_t pairs = 0;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1)) ++pairs;
    pack_size(pairs, 15, 0x80, 0, 0xde);
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0;) {
      lua_pushvalue(lua_, -2);
      pack(level + 1);
      pack(level + 1);
    }
  }

  // SIZE_MAX: the keys are not 1, 2, 3 ... without a hole.
  size_t array_size() {
    lua_Number max = 0;
    size_t count = 0;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1)) {
      const lua_Number key = lua_type(lua_, -2) == LUA_TNUMBER ? lua_tonumber(lua_, -2) : 0;
      if (key < 1 || key > INT_MAX || std::floor(key) != key) {
        lua_pop(lua_, 2);
        return SIZE_MAX;
      }
      if (key > max) max = key;
      ++count;
    }
    return max == static_cast<lua_Number>(count) ? count : SIZE_MAX;
  }

  lua_State* lua_;
  LibraryBuffer out_;
};

class Unpacker {
 public:
  Unpacker(lua_State* lua, Bytes bytes) : lua_(lua), bytes_(bytes) {}

  size_t left() const noexcept { return bytes_.size(); }

  /// Leaves a value on the stack.
  void unpack() {
    const auto tag = static_cast<unsigned char>(take(1)[0]);
    if (tag <= 0x7f) {
      lua_pushnumber(lua_, tag);
    } else if (tag >= 0xe0) {
      lua_pushnumber(lua_, static_cast<signed char>(tag));
    } else if (tag <= 0x8f) {
      unpack_map(tag & 15);
    } else if (tag <= 0x9f) {
      unpack_array(tag & 15);
    } else if (tag <= 0xbf) {
      push(lua_, take(tag & 31));
    } else {
      unpack_tagged(tag);
    }
  }

 private:
  [[noreturn]] void refuse(const char* problem) {
    luaL_error(lua_, "%s", problem);
    __builtin_unreachable();
  }

  Bytes take(uint64_t size) {
    if (size > bytes_.size()) refuse("Missing bytes in input.");
    const Bytes taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  uint64_t take_number(size_t size) {
    uint64_t number = 0;
    for (const char c : take(size)) number = number << 8 | static_cast<unsigned char>(c);
    return number;
  }

  void unpack_tagged(unsigned char tag) {
    switch (tag) {
      case 0xc0:
        lua_pushnil(lua_);
        break;
      case 0xc2:
        lua_pushboolean(lua_, 0);
        break;
      case 0xc3:
        lua_pushboolean(lua_, 1);
        break;
      case 0xca:
        lua_pushnumber(lua_, take_real<float, uint32_t>());
        break;
      case 0xcb:
        lua_pushnumber(lua_, take_real<double, uint64_t>());
        break;
      case 0xcc:
        push_number(static_cast<uint8_t>(take_number(1)));
        break;
      case 0xcd:
        push_number(static_cast<uint16_t>(take_number(2)));
        break;
      case 0xce:
        push_number(static_cast<uint32_t>(take_number(4)));
        break;
      case 0xcf:
      case 0xd3:
        push_number(static_cast<int64_t>(take_number(8)));
        break;
      case 0xd0:
        push_number(static_cast<int8_t>(take_number(1)));
        break;
      case 0xd1:
        push_number(static_cast<int16_t>(take_number(2)));
        break;
      case 0xd2:
        push_number(static_cast<int32_t>(take_number(4)));
        break;
      case 0xd9:
        push(lua_, take(take_number(1)));
        break;
      case 0xda:
        push(lua_, take(take_number(2)));
        break;
      case 0xdb:
        push(lua_, take(take_number(4)));
        break;
      case 0xdc:
        unpack_array(take_number(2));
        break;
      case 0xdd:
        unpack_array(take_number(4));
        break;
      case 0xde:
        unpack_map(take_number(2));
        break;
      case 0xdf:
        unpack_map(take_number(4));
        break;
      default:
        refuse("Bad data format in input.");
    }
  }

  void push_number(int64_t number) { lua_pushnumber(lua_, static_cast<lua_Number>(number)); }

  template <typename Real, typename Bits>
  Real take_real() {
    const auto bits = static_cast<Bits>(take_number(sizeof(Bits)));
    Real real;
    std::memcpy(&real, &bits, sizeof real);
    return real;
  }

  // What is announced may be more than there is: nothing is made for it before it has come.
  void unpack_array(uint64_t size) {
    luaL_checkstack(lua_, 2, "in function mp_decode_to_lua_array");
    lua_newtable(lua_);
    for (uint64_t i = 1; i <= size; ++i) {
      unpack();
      lua_rawseti(lua_, -2, static_cast<int>(i));
    }
  }

  void unpack_map(uint64_t pairs) {
    luaL_checkstack(lua_, 3, "in function mp_decode_to_lua_hash");
    lua_newtable(lua_);
    for (uint64_t i = 0; i < pairs; ++i) {
      unpack();
      unpack();
      lua_settable(lua_, -3);
    }
  }

  lua_State* lua_;
  Bytes bytes_;
};

int pack(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
  luaL_checkstack(lua, 1, "Too many arguments for MessagePack pack.");
  Packer packer(lua);
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(lua, i);
    packer.pack(0);
  }
  push(lua, packer.text());
  return 1;
}

// With a limit, or for one: the offset of what was not unpacked comes first, -1 if that is nothing.
int unpack_some(lua_State* lua, int limit, int offset) {
  const Bytes bytes = check_text(lua, 1);
  if (offset < 0 || limit < 0) {
    return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.", offset,
                      static_cast<int>(bytes.size()));
  }
  if (static_cast<size_t>(offset) > bytes.size()) {
    return luaL_error(lua, "Start offset %d greater than input length %d.", offset,
                      static_cast<int>(bytes.size()));
  }
  const bool all = limit == 0 && offset == 0;
  Unpacker unpacker(lua, bytes.substr(static_cast<size_t>(offset)));
  int count = 0;
  for (; unpacker.left() > 0 && (all || count < limit); ++count) {
    luaL_checkstack(lua, 2, "too many values to unpack");
    unpacker.unpack();
  }
  if (all) return count;
  const size_t left = unpacker.left();
  lua_pushnumber(lua, left == 0 ? -1 : static_cast<lua_Number>(bytes.size() - left));
  lua_insert(lua, -1 - count);
  return count + 1;
}

int unpack(lua_State* lua) { return unpack_some(lua, 0, 0); }
int unpack_one(lua_State* lua) {
  const int offset = luaL_optint(lua, 2, 0);
  lua_settop(lua, 1);
  return unpack_some(lua, 1, offset);
}
int unpack_limit(lua_State* lua) {
  const int limit = luaL_checkint(lua, 2), offset = luaL_optint(lua, 3, 0);
  lua_settop(lua, 1);
  return unpack_some(lua, limit, offset);
}

constexpr luaL_Reg kFunctions[] = {
    {"pack", guarded<pack>},
    {"unpack", unpack},
    {"unpack_one", unpack_one},
    {"unpack_limit", unpack_limit},
};

}  // namespace

void open_cmsgpack(lua_State* lua) {
  lua_newtable(lua);
  add_functions(lua, kFunctions);
  lua_pushliteral(lua, "cmsgpack");
  lua_setfield(lua, -2, "_NAME");
  lua_pushliteral(lua, "lua-cmsgpack 0.4.0");
  lua_setfield(lua, -2, "_VERSION");
  lua_pushliteral(lua, "MessagePack C implementation for Lua");
  lua_setfield(lua, -2, "_DESCRIPTION");
}

}  // namespace kevy
