// MONITOR's line of a command: when, in which database, whose, and its words in quotes.
#include <string>

#include "runtime/observing/observer.h"

namespace kevy {

namespace {

// Of a client without an address, in the form that readers of these lines expect.
constexpr Bytes kInProcess = "in-process:0";

bool is_printable(unsigned char c) noexcept { return c >= 0x20 && c < 0x7f; }

void append_quoted(std::string& line, Bytes word) {
  constexpr Bytes kHex = "0123456789abcdef";
  constexpr Bytes kSpecial = "\\\"\n\r\t\a\b", kLetters = "\\\"nrtab";
  line += '"';
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (const size_t special = kSpecial.find(c); special != Bytes::npos) {
      line += '\\';
      line += kLetters[special];
    } else if (is_printable(byte)) {
      line += c;
    } else {
      line += "\\x";
      line += kHex[byte >> 4];
      line += kHex[byte & 15];
    }
  }
  line += '"';
}

std::string client_of(const Session& session) {
  if (session.stateless()) return std::string(kInProcess);
  std::string address = session.labels().address;
  if (address.empty()) return std::string(kInProcess);
  if (session.door != Session::Door::kUnix) return address;
  return "unix:" + address.substr(0, address.rfind(':'));
}

}  // namespace

std::string monitor_line(const Session& session, bool from_script, const CommandRow& row, Args args,
                         int64_t now_us) {
  constexpr int64_t kSecond = 1'000'000;
  std::string line = std::to_string(now_us / kSecond);
  const std::string micros = std::to_string(now_us % kSecond);
  line += '.' + std::string(6 - micros.size(), '0') + micros;
  line += " [" + std::to_string(session.database) + ' ' +
          (from_script ? "lua" : client_of(session)) + ']';
  for (size_t i = 0; i < args.size(); ++i) {
    line += ' ';
    append_quoted(line, row.hides != nullptr && row.hides(args, i) ? kHiddenWord : args[i]);
  }
  return line;
}

}  // namespace kevy
