// struct: numbers and strings as bytes, after a format.
#include <climits>
#include <cstring>

#include "script/libraries/buffer.h"
#include "script/libraries/libraries.h"
#include "script/lua/convert.h"

namespace kevy {

namespace {

constexpr size_t kIntegerMax = 32;
constexpr size_t kAlignmentNative = 8;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// One item of a format.
struct Item {
  char kind;    // 'i' and 'I' for all integers, 'f', 'd', 's', 'c', 'x'
  size_t size;  // in bytes; 0 of 's', and of 'c' where it follows from elsewhere
  size_t padding;
};

/// Reads a format item by item.
class Format {
 public:
  Format(lua_State* lua, const char* text) : lua_(lua), at_(text) {}

  bool done() const noexcept { return *at_ == 0; }
  bool little() const noexcept { return little_; }

  /// The next item, which is to stand behind `position` bytes. False: it was a setting.
  bool next(size_t position, Item& item) {
    const char option = *at_++;
    item = {option, 0, 0};
    if (!measure(option, item)) {
      change_setting(option);
      return false;
    }
    item.padding = padding(position, item);
    return true;
  }

 private:
  // False: no item.
  bool measure(char option, Item& item) {
    switch (option) {
      case 'b':
      case 'B':
        return integer(item, option == 'b', 1);
      case 'h':
      case 'H':
        return integer(item, option == 'h', 2);
      case 'l':
      case 'L':
        return integer(item, option == 'l', 8);
      case 'T':
        return integer(item, false, 8);
      case 'i':
      case 'I': {
        const size_t size = number(sizeof(int));
        if (size > kIntegerMax) {
          luaL_error(lua_, "integral size %d is larger than limit of %d", static_cast<int>(size),
                     static_cast<int>(kIntegerMax));
        }
        return integer(item, option == 'i', size);
      }
      case 'f':
        item.size = sizeof(float);
        return true;
      case 'd':
        item.size = sizeof(double);
        return true;
      case 'x':
        item.size = 1;
        return true;
      case 'c':
        item.size = number(1);
        return true;
      case 's':
        return true;
      default:
        return false;
    }
  }

  static bool integer(Item& item, bool is_signed, size_t size) {
    item.kind = is_signed ? 'i' : 'I';
    item.size = size;
    return true;
  }

  size_t number(size_t otherwise) {
    if (!is_digit(*at_)) return otherwise;
    int value = 0;
    do {
      const int digit = *at_++ - '0';
      if (value > INT_MAX / 10 || value * 10 > INT_MAX - digit) {
        luaL_error(lua_, "integral size overflow");
      }
      value = value * 10 + digit;
    } while (is_digit(*at_));
    return static_cast<size_t>(value);
  }

  void change_setting(char option) {
    if (is_space(option)) return;
    if (option == '<' || option == '>') {
      little_ = option == '<';
    } else if (option == '!') {
      const size_t wanted = number(kAlignmentNative);
      if (wanted == 0 || (wanted & (wanted - 1)) != 0) {
        luaL_error(lua_, "alignment %d is not a power of 2", static_cast<int>(wanted));
      }
      alignment_ = wanted;
    } else {
      lua_pushfstring(lua_, "invalid format option '%c'", option);
      luaL_argerror(lua_, 1, lua_tostring(lua_, -1));
    }
  }

  size_t padding(size_t position, const Item& item) const noexcept {
    if (item.size == 0 || item.kind == 'c') return 0;
    const size_t to = item.size < alignment_ ? item.size : alignment_;
    if (to <= 1) return 0;
    return (to - (position & (to - 1))) & (to - 1);
  }

  lua_State* lua_;
  const char* at_;
  bool little_ = true;
  size_t alignment_ = 1;
};

uint64_t bits_of(lua_Number number) {
  constexpr lua_Number kBeyond = 9223372036854775808.0;
  if (number >= kBeyond && number < 2 * kBeyond) return static_cast<uint64_t>(number);
  return static_cast<uint64_t>(integer_of(number));
}

void add_ordered(LibraryBuffer& out, uint64_t bits, size_t size, bool little) {
  for (size_t i = 0; i < size; ++i) {
    const size_t place = little ? i : size - 1 - i;
    out.add(place < 8 ? static_cast<char>(bits >> (8 * place)) : '\0');
  }
}

void pack_text(lua_State* lua, LibraryBuffer& out, const Item& item, int argument) {
  const Bytes text = check_text(lua, argument);
  const size_t size = item.size == 0 ? text.size() : item.size;
  luaL_argcheck(lua, text.size() >= size, argument + 1, "string too short");
  out.add(text.substr(0, size));
  if (item.kind == 's') out.add('\0');
}

int pack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  LibraryBuffer out(lua);
  int argument = 1;
  lua_pushnil(lua);  // what is missing is nil, not nothing
  while (!format.done()) {
    Item item;
    if (!format.next(out.size(), item)) continue;
    out.add(item.padding, '\0');
    switch (item.kind) {
      case 'x':
        out.add('\0');
        break;
      case 's':
      case 'c':
        pack_text(lua, out, item, ++argument);
        break;
      case 'f': {
        const auto value = static_cast<float>(luaL_checknumber(lua, ++argument));
        uint32_t bits;
        std::memcpy(&bits, &value, sizeof bits);
        add_ordered(out, bits, item.size, format.little());
        break;
      }
      case 'd': {
        const double value = luaL_checknumber(lua, ++argument);
        uint64_t bits;
        std::memcpy(&bits, &value, sizeof bits);
        add_ordered(out, bits, item.size, format.little());
        break;
      }
      default:
        add_ordered(out, bits_of(luaL_checknumber(lua, ++argument)), item.size, format.little());
    }
  }
  push(lua, out.text());
  return 1;
}

// Of a longer integer the lowest 8 bytes.
uint64_t read_ordered(Bytes bytes, bool little) {
  uint64_t bits = 0;
  const size_t size = bytes.size();
  for (size_t i = 0; i < size && i < 8; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[little ? i : size - 1 - i]);
    bits |= uint64_t{byte} << (8 * i);
  }
  return bits;
}

void push_integer(lua_State* lua, uint64_t bits, const Item& item) {
  if (item.kind == 'I') {
    lua_pushnumber(lua, static_cast<lua_Number>(bits));
    return;
  }
  if (item.size < 8) {
    const size_t unused = 64 - 8 * item.size;
    if (item.size != 0)
      bits = static_cast<uint64_t>(static_cast<int64_t>(bits << unused) >> unused);
  }
  lua_pushnumber(lua, static_cast<lua_Number>(static_cast<int64_t>(bits)));
}

/// Unpacks what stands in a string, from `position` on.
class Reader {
 public:
  Reader(lua_State* lua, Bytes bytes, size_t position)
      : lua_(lua), bytes_(bytes), position_(position) {}

  size_t position() const noexcept { return position_; }
  int count() const noexcept { return count_; }

  void read(const Item& item, bool little) {
    need(item.padding);
    position_ += item.padding;
    luaL_checkstack(lua_, 2, "too many results");
    if (item.kind == 's') {
      read_terminated();
    } else if (item.kind == 'c') {
      read_chars(item);
    } else {
      need(item.size);
      const Bytes found = bytes_.substr(position_, item.size);
      position_ += item.size;
      if (item.kind != 'x') push_number(found, item, little);
    }
  }

 private:
  void need(size_t size) {
    luaL_argcheck(lua_, position_ <= bytes_.size() && size <= bytes_.size() - position_, 2,
                  "data string too short");
  }

  void push_number(Bytes found, const Item& item, bool little) {
    const uint64_t bits = read_ordered(found, little);
    if (item.kind == 'f') {
      const auto low = static_cast<uint32_t>(bits);
      float value;
      std::memcpy(&value, &low, sizeof value);
      lua_pushnumber(lua_, value);
    } else if (item.kind == 'd') {
      double value;
      std::memcpy(&value, &bits, sizeof value);
      lua_pushnumber(lua_, value);
    } else {
      push_integer(lua_, bits, item);
    }
    ++count_;
  }

  // "c0" is as long as the number before it says, which is taken back.
  void read_chars(const Item& item) {
    size_t size = item.size;
    if (size == 0) {
      if (count_ == 0 || lua_isnumber(lua_, -1) == 0) {
        luaL_error(lua_, "format 'c0' needs a previous size");
      }
      const lua_Number wanted = lua_tonumber(lua_, -1);
      lua_pop(lua_, 1);
      --count_;
      luaL_argcheck(lua_, wanted >= 0 && wanted <= static_cast<lua_Number>(bytes_.size()), 2,
                    "data string too short");
      size = static_cast<size_t>(wanted);
    }
    need(size);
    push(lua_, bytes_.substr(position_, size));
    position_ += size;
    ++count_;
  }

  void read_terminated() {
    const size_t end = position_ <= bytes_.size() ? bytes_.find('\0', position_) : Bytes::npos;
    if (end == Bytes::npos) luaL_error(lua_, "unfinished string in data");
    push(lua_, bytes_.substr(position_, end - position_));
    position_ = end + 1;
    ++count_;
  }

  lua_State* lua_;
  Bytes bytes_;
  size_t position_;
  int count_ = 0;
};

int unpack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  const Bytes bytes = check_text(lua, 2);
  const lua_Integer first = luaL_optinteger(lua, 3, 1);
  luaL_argcheck(lua, first != 0, 3, "offset must be 1 or greater");
  // Below zero is beyond any end.
  const size_t position = first > 0 ? static_cast<size_t>(first) - 1 : SIZE_MAX / 2;
  lua_settop(lua, 2);
  Reader reader(lua, bytes, position);
  while (!format.done()) {
    Item item;
    if (format.next(reader.position(), item)) reader.read(item, format.little());
  }
  lua_pushnumber(lua, static_cast<lua_Number>(reader.position()) + 1);
  return reader.count() + 1;
}

int size(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  size_t total = 0;
  while (!format.done()) {
    Item item;
    if (!format.next(total, item)) continue;
    if (item.size == 0 && item.kind == 's') luaL_argerror(lua, 1, "option 's' has no fixed size");
    if (item.size == 0 && item.kind == 'c') luaL_argerror(lua, 1, "option 'c0' has no fixed size");
    total += item.padding + item.size;
  }
  lua_pushnumber(lua, static_cast<lua_Number>(total));
  return 1;
}

constexpr luaL_Reg kFunctions[] = {{"pack", guarded<pack>}, {"unpack", unpack}, {"size", size}};

}  // namespace

void open_struct(lua_State* lua) {
  lua_newtable(lua);
  add_functions(lua, kFunctions);
}

}  // namespace kevy
