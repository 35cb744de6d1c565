// cjson.decode: JSON as values of Lua. What is taken for a number is what strtod() takes, unless
// that was turned off: also hexadecimal numbers, infinities and NaN.
#include <cstdlib>
#include <string>

#include "base/c_locale.h"
#include "script/libraries/buffer.h"
#include "script/libraries/cjson.h"

namespace kevy {

namespace {

enum class Token {
  kObjectBegin,
  kObjectEnd,
  kArrayBegin,
  kArrayEnd,
  kString,
  kNumber,
  kBoolean,
  kNull,
  kColon,
  kComma,
  kEnd,
  kError
};

const char* name_of(Token token) {
  constexpr const char* kNames[] = {"T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END",
                                    "T_STRING",    "T_NUMBER",  "T_BOOLEAN",   "T_NULL",
                                    "T_COLON",     "T_COMMA",   "T_END"};
  return kNames[static_cast<int>(token)];
}

bool begins_with(Bytes text, Bytes word) {
  return equals_ignoring_case(text.substr(0, word.size()), word);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Cuts a text into tokens. The text has a NUL behind it, and one in it is its end.
class JsonLexer {
 public:
  JsonLexer(Bytes text, bool any_number) : text_(text), any_number_(any_number) {}

  Token next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    begin_ = at_;
    const char c = here();
    switch (c) {
      case '\0':
        return Token::kEnd;
      case '{':
        return single(Token::kObjectBegin);
      case '}':
        return single(Token::kObjectEnd);
      case '[':
        return single(Token::kArrayBegin);
      case ']':
        return single(Token::kArrayEnd);
      case ',':
        return single(Token::kComma);
      case ':':
        return single(Token::kColon);
      case '"':
        return read_string();
      default:
        break;
    }
    if (c == '-' || is_digit(c)) {
      return any_number_ || !is_no_json_number() ? read_number() : fail("invalid number");
    }
    if (word("true")) return boolean_ = true, Token::kBoolean;
    if (word("false")) return boolean_ = false, Token::kBoolean;
    if (word("null")) return Token::kNull;
    if (any_number_ && is_no_json_number()) return read_number();
    return fail("invalid token");
  }

  size_t begin() const noexcept { return begin_; }  // of the last token, or of what is wrong
  size_t position() const noexcept { return at_; }
  const char* problem() const noexcept { return problem_; }  // of kError
  Bytes string() const noexcept { return string_; }
  double number() const noexcept { return number_; }
  bool boolean() const noexcept { return boolean_; }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  char here() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  char ahead(size_t by) const noexcept { return at_ + by < text_.size() ? text_[at_ + by] : '\0'; }

  Token single(Token token) {
    ++at_;
    return token;
  }
  Token fail(const char* problem) {
    problem_ = problem;
    return Token::kError;
  }
  bool word(Bytes wanted) {
    if (!text_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }

  bool is_no_json_number() const {
    Bytes rest = text_.substr(at_);
    if (rest.starts_with('+')) return true;
    if (rest.starts_with('-')) rest.remove_prefix(1);
    if (rest.starts_with('0')) {
      return rest.size() > 1 && (ascii_lower(rest[1]) == 'x' || is_digit(rest[1]));
    }
    if (!rest.empty() && rest[0] <= '9') return false;
    return begins_with(rest, "inf") || begins_with(rest, "nan");
  }

  Token read_number() {
    char* end;
    number_ = strtod_l(text_.data() + at_, &end, c_locale());
    if (end == text_.data() + at_) return fail("invalid number");
    at_ = static_cast<size_t>(end - text_.data());
    return Token::kNumber;
  }

  Token read_string() {
    string_.clear();
    ++at_;
    for (;;) {
      const char c = here();
      if (c == '"') {
        ++at_;
        return Token::kString;
      }
      if (c == '\0') return fail_here("unexpected end of string");
      if (c != '\\') {
        string_ += c;
        ++at_;
        continue;
      }
      const char escaped = ahead(1);
      if (escaped == 'u') {
        if (!read_unicode()) return fail_here("invalid unicode escape code");
        continue;
      }
      const char plain = unescaped(escaped);
      if (plain == '\0') return fail_here("invalid escape code");
      string_ += plain;
      at_ += 2;
    }
  }

  Token fail_here(const char* problem) {
    begin_ = at_;
    return fail(problem);
  }

  static char unescaped(char c) {
    switch (c) {
      case '"':
      case '\\':
      case '/':
        return c;
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      default:
        return '\0';
    }
  }

  // Four hexadecimal digits, from `by` on; below zero when they are none.
  int hex4(size_t by) const {
    int value = 0;
    for (size_t i = by; i < by + 4; ++i) {
      const char c = ascii_lower(ahead(i));
      if (!is_digit(c) && (c < 'a' || c > 'f')) return -1;
      value = value * 16 + (is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return value;
  }

  // A character outside of the first 65,536 comes as two halves.
  bool read_unicode() {
    int code = hex4(2);
    if (code < 0) return false;
    size_t size = 6;
    if ((code & 0xf800) == 0xd800) {
      if ((code & 0x400) != 0 || ahead(6) != '\\' || ahead(7) != 'u') return false;
      const int low = hex4(8);
      if (low < 0 || (low & 0xfc00) != 0xdc00) return false;
      code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
      size = 12;
    }
    at_ += size;
    append_utf8(code);
    return true;
  }

  void append_utf8(int code) {
    const auto add = [this](int byte) { string_ += static_cast<char>(byte); };
    if (code < 0x80) {
      add(code);
    } else if (code < 0x800) {
      add(0xc0 | code >> 6);
      add(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      add(0xe0 | code >> 12);
      add(0x80 | (code >> 6 & 0x3f));
      add(0x80 | (code & 0x3f));
    } else {
      add(0xf0 | code >> 18);
      add(0x80 | (code >> 12 & 0x3f));
      add(0x80 | (code >> 6 & 0x3f));
      add(0x80 | (code & 0x3f));
    }
  }

  const Bytes text_;
  const bool any_number_;
  size_t at_ = 0, begin_ = 0;
  const char* problem_ = "";
  std::string string_;
  double number_ = 0;
  bool boolean_ = false;
};

class JsonDecoder {
 public:
  JsonDecoder(lua_State* lua, Bytes text, const JsonSettings& settings)
      : lua_(lua),
        lexer_(text, settings.decode_invalid_numbers),
        depth_max_(settings.decode_depth_max) {}

  /// Leaves the value on the stack.
  void read_all() {
    read_value(lexer_.next());
    const Token token = lexer_.next();
    if (token != Token::kEnd) refuse("the end", token);
  }

 private:
  void refuse(const char* expected, Token found) {
    luaL_error(lua_, "Expected %s but found %s at character %d", expected,
               found == Token::kError ? lexer_.problem() : name_of(found),
               static_cast<int>(lexer_.begin()) + 1);
  }

  void read_value(Token token) {
    switch (token) {
      case Token::kString:
        push(lua_, lexer_.string());
        break;
      case Token::kNumber:
        lua_pushnumber(lua_, lexer_.number());
        break;
      case Token::kBoolean:
        lua_pushboolean(lua_, lexer_.boolean() ? 1 : 0);
        break;
      case Token::kNull:
        lua_pushlightuserdata(lua_, nullptr);
        break;
      case Token::kObjectBegin:
        read_object();
        break;
      case Token::kArrayBegin:
        read_array();
        break;
      default:
        refuse("value", token);
    }
  }

  void descend() {
    if (++depth_ > depth_max_ || lua_checkstack(lua_, 3) == 0) {
      luaL_error(lua_, "Found too many nested data structures (%d) at character %d", depth_,
                 static_cast<int>(lexer_.position()));
    }
    lua_newtable(lua_);
  }

  void read_object() {
    descend();
    Token token = lexer_.next();
    if (token != Token::kObjectEnd) {
      for (;; token = lexer_.next()) {
        if (token != Token::kString) refuse("object key string", token);
        push(lua_, lexer_.string());
        token = lexer_.next();
        if (token != Token::kColon) refuse("colon", token);
        read_value(lexer_.next());
        lua_rawset(lua_, -3);
        token = lexer_.next();
        if (token == Token::kObjectEnd) break;
        if (token != Token::kComma) refuse("comma or object end", token);
      }
    }
    --depth_;
  }

  void read_array() {
    descend();
    Token token = lexer_.next();
    if (token != Token::kArrayEnd) {
      for (int i = 1;; ++i, token = lexer_.next()) {
        read_value(token);
        lua_rawseti(lua_, -2, i);
        token = lexer_.next();
        if (token == Token::kArrayEnd) break;
        if (token != Token::kComma) refuse("comma or array end", token);
      }
    }
    --depth_;
  }

  lua_State* lua_;
  JsonLexer lexer_;
  int depth_ = 0;
  const int depth_max_;
};

}  // namespace

int json_decode(lua_State* lua) {
  luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
  const Bytes text = check_text(lua, 1);
  if (text.size() >= 2 && (text[0] == '\0' || text[1] == '\0')) {
    return luaL_error(lua, "JSON parser does not support UTF-16 or UTF-32");
  }
  JsonDecoder decoder(lua, text, JsonSettings::of(lua));
  decoder.read_all();
  return 1;
}

}  // namespace kevy
