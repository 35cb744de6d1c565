#include "command/help.h"

#include <string>
#include <vector>

namespace kevy {

namespace {

std::string upper(Bytes text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return result;
}

}  // namespace

void help(Call& call) {
  const CommandRow* verb = call.runtime.table().parent(call.row);
  std::vector<std::string> lines;
  lines.push_back(upper(verb->name) +
                  " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const CommandRow& sub : verb->subcommands) {
    std::string line = upper(sub.name);
    if (!sub.syntax.empty()) line += ' ' + std::string(sub.syntax);
    lines.push_back(std::move(line));
    lines.push_back("    " + std::string(sub.summary));
  }
  call.reply.array(lines.size());
  for (const std::string& line : lines) call.reply.status(line);
}

}  // namespace kevy
