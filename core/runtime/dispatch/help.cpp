#include "runtime/dispatch/help.h"

#include <string>
#include <vector>

#include "runtime/dispatch/full_name.h"

namespace kevy {

void help(Call& call) {
  const CommandRow* verb = call.runtime.table().parent(call.row);
  std::vector<std::string> lines;
  lines.push_back(in_capitals(verb->name) +
                  " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const CommandRow& sub : verb->subcommands) {
    std::string line = in_capitals(sub.name);
    if (!sub.syntax.empty()) line += ' ' + std::string(sub.syntax);
    lines.push_back(std::move(line));
    lines.push_back("    " + std::string(sub.summary));
  }
  call.reply.array(lines.size());
  for (const std::string& line : lines) call.reply.status(line);
}

}  // namespace kevy
