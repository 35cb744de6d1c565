#include "options.h"

#include <kevy.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

namespace kevy_server {

namespace {

struct Known {
  const char* name;
  const char* help;
  int words_max = 1;
  bool repeats = false;  // given several times, all count
};

// Directives that the server itself acts upon.
constexpr Known kOwn[] = {
    {"port", "TCP port; 0: no TCP (default 6379)"},
    {"bind", "hosts to listen on; * is every interface (default 127.0.0.1)", 16},
    {"unixsocket", "path of a Unix socket to listen on"},
    {"unixsocketperm", "its permissions, in octal"},
    {"dir", "directory to work in"},
    {"threads", "reactor threads (default: one a core)"},
    {"shards", "parts the keyspace is split into (default: chosen)"},
    {"databases", "databases that SELECT can choose from (default 16)"},
};

// Directives that the instance acts upon, those of CONFIG.
constexpr Known kPassedOn[] = {
    {"requirepass", "password that AUTH asks for"},
    {"maxclients", "connections at one time (default 10000)"},
    {"timeout", "seconds of silence after which a client is closed; 0: never"},
    {"tcp-keepalive", "seconds between probes of a silent TCP client (default 300)"},
    {"client-output-buffer-limit", "class hard soft seconds: what may wait for a slow reader", 12},
    {"client-query-buffer-limit", "bytes of one client's unread requests (default 1gb)"},
    {"proto-max-bulk-len", "longest string in a request (default 512mb)"},
    {"tracking-table-max-keys", "keys remembered for CLIENT TRACKING (default 1000000); 0: any"},
    {"notify-keyspace-events", "classes of keyspace events to publish"},
    {"maxmemory-policy", "which statistics of use keys keep"},
    {"dbfilename", "file of the snapshot, in dir (default dump.rdb)"},
    {"rdbcompression", "no: strings in a snapshot are not compressed"},
    {"rdbchecksum", "no: a snapshot has no checksum"},
    {"save", "seconds changes: when a snapshot is made by itself (default \"\": never)", 1, true},
    {"stop-writes-on-bgsave-error", "no: writes go on when such a snapshot fails"},
    {"appendonly", "yes: keep every change in an append-only file"},
    {"appendfsync", "always, everysec or no (default everysec)"},
    {"appenddirname", "directory of the append-only file, below dir (default appendonlydir)"},
    {"appendfilename", "what its files' names begin with (default appendonly.aof)"},
    {"aof-load-truncated", "no: refuse a file that a crash has cut short"},
    {"aof-timestamp-enabled", "yes: the file tells when its commands were run"},
    {"aof-checksums", "no: it gets no checksums, and is loaded whatever those in it say"},
    {"no-appendfsync-on-rewrite", "yes: no everysec sync while a base or a snapshot is written"},
    {"auto-aof-rewrite-percentage",
     "growth after which the file is made anew (default 100); 0: never"},
    {"auto-aof-rewrite-min-size", "size from which on that is done (default 64mb)"},
};

// Directives of redis.conf that mean nothing to a kevy-server.
constexpr const char* kMeaningless[] = {
    "always-show-logo", "daemonize",   "io-threads",     "io-threads-do-reads",
    "logfile",          "loglevel",    "pidfile",        "protected-mode",
    "supervised",       "tcp-backlog", "syslog-enabled",
};

bool is_own(const std::string& name) {
  return std::any_of(std::begin(kOwn), std::end(kOwn),
                     [&](const Known& known) { return name == known.name; });
}

bool is_meaningless(const std::string& name) {
  return std::find(std::begin(kMeaningless), std::end(kMeaningless), name) !=
         std::end(kMeaningless);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

uint32_t number(const Directive& directive, int base = 10) {
  uint32_t value = 0;
  const std::string text = joined(directive.words);
  const auto end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stopped != end || text.empty()) {
    throw OptionError(directive.origin + ": " + directive.name + " takes a number, not '" + text +
                      "'");
  }
  return value;
}

/// The values of the server's own directives, the last of each.
class Own {
 public:
  void set(const Directive& directive) { values_[directive.name] = directive; }
  const Directive* find(const char* name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
  }
  uint32_t number_or(const char* name, uint32_t fallback, int base = 10) const {
    const Directive* directive = find(name);
    return directive == nullptr ? fallback : number(*directive, base);
  }
  std::string text_or(const char* name, const char* fallback) const {
    const Directive* directive = find(name);
    return directive == nullptr ? fallback : joined(directive->words);
  }

 private:
  std::map<std::string, Directive> values_;
};

// "-host": not every machine has it.
std::string tcp_address(std::string host, uint32_t port) {
  const bool optional = host.starts_with('-');
  if (optional) host.erase(0, 1);
  if (host == "::*") host = "::";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return (optional ? "-" : "") + host + ":" + std::to_string(port);
}

void choose_addresses(const Own& own, Options& options) {
  const uint32_t port = own.number_or("port", 6379);
  if (port > 65535) throw OptionError("port: at most 65535");
  if (port != 0) {
    const Directive* bind = own.find("bind");
    std::vector<std::string> hosts =
        bind == nullptr ? std::vector<std::string>{"127.0.0.1"} : bind->words;
    const bool every = std::find(hosts.begin(), hosts.end(), "*") != hosts.end();
    if (every) hosts = {"*"};  // takes IPv6 too
    for (const std::string& host : hosts) options.listen.push_back(tcp_address(host, port));
  }
  const std::string path = own.text_or("unixsocket", "");
  if (!path.empty()) options.listen.push_back("unix:" + path);
  options.unix_mode = own.number_or("unixsocketperm", 0, 8);
  if (options.listen.empty()) {
    throw OptionError("nothing to listen on: give --port or --unixsocket");
  }
}

Options options_from(const std::vector<Directive>& directives) {
  Options options;
  Own own;
  for (const Directive& directive : directives) {
    if (directive.name == "daemonize" && joined(directive.words) == "yes") {
      throw OptionError(directive.origin +
                        ": kevy-server stays in the foreground; use a service "
                        "manager");
    }
    if (is_own(directive.name)) {
      own.set(directive);
    } else if (is_meaningless(directive.name)) {
      options.ignored.push_back(directive.name);
    } else {
      options.directives.emplace_back(directive.name, joined(directive.words));
    }
  }
  choose_addresses(own, options);
  options.directory = own.text_or("dir", "");
  options.threads = own.number_or("threads", 0);
  options.shards = own.number_or("shards", 0);
  options.databases = own.number_or("databases", 0);
  return options;
}

}  // namespace

Options read_options(int argc, char** argv) {
  CLI::App app{
      "A server that speaks RESP, over libkevy: redis-cli and every client library work "
      "with it.\nDirectives are those of redis.conf; the command line goes before the "
      "file."};
  app.set_version_flag("--version", std::string("kevy-server ") + kevy_version());
  std::string file;
  app.add_option("file", file, "configuration file, with the grammar of redis.conf");
  std::vector<Directive> given;
  const auto add = [&](const Known& known) {
    const std::string name = known.name;
    const std::string flags = (name == "port" ? "-p,--" : "--") + name;
    if (known.repeats) {
      app.add_option_function<std::vector<std::string>>(
             flags,
             [&given, name](const std::vector<std::string>& words) {
               for (const std::string& word : words)
                 given.push_back({name, {word}, "command line"});
             },
             known.help)
          ->type_name("")
          ->allow_extra_args(false);
    } else if (known.words_max > 1) {
      app.add_option_function<std::vector<std::string>>(
             flags,
             [&given, name](const std::vector<std::string>& words) {
               given.push_back({name, words, "command line"});
             },
             known.help)
          ->type_name("")
          ->expected(1, known.words_max);
    } else {
      app.add_option_function<std::string>(
             flags,
             [&given, name](const std::string& word) {
               given.push_back({name, {word}, "command line"});
             },
             known.help)
          ->type_name("");
    }
  };
  for (const Known& known : kOwn) add(known);
  for (const Known& known : kPassedOn) add(known);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  std::vector<Directive> directives;
  if (!file.empty()) directives = read_config_file(file);
  directives.insert(directives.end(), given.begin(), given.end());
  return options_from(directives);
}

}  // namespace kevy_server
