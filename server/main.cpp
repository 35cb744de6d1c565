// kevy-server: an instance with listeners, until SIGTERM, SIGINT or SHUTDOWN. Built on the C ABI
// alone.
#include <kevy.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "options.h"

namespace {

using kevy_server::OptionError;
using kevy_server::Options;

struct Stop {
  void operator()(kevy_instance* instance) const { kevy_stop(instance); }
};
using Instance = std::unique_ptr<kevy_instance, Stop>;

// What SHUTDOWN sends to this process.
constexpr int kShutdown = SIGUSR1;

// The signal that came while files were read.
volatile std::sig_atomic_t came = 0;
static_assert(sizeof came == sizeof(int));

// What ends the server, blocked before any thread starts.
sigset_t ending_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, kShutdown);
  return ending;
}

const char* name_of(int signal) {
  return signal == kShutdown ? "SHUTDOWN" : signal == SIGTERM ? "SIGTERM" : "SIGINT";
}

void tell_of_end(const char* why) { std::printf("kevy-server: %s, stopping\n", why); }

void tell(void* process) { kill(*static_cast<const pid_t*>(process), kShutdown); }

// SHUTDOWN as a signal asks for it. False, and it goes on, when what is to be saved can not be.
bool may_stop(kevy_instance* instance) {
  const char* const words[] = {"SHUTDOWN"};
  kevy_reply* reply = nullptr;
  if (kevy_exec(instance, 1, words, nullptr, &reply) != KEVY_OK) return true;
  const std::string error =
      kevy_reply_get_type(reply) == KEVY_REPLY_ERROR ? kevy_reply_string(reply, nullptr) : "";
  kevy_reply_free(reply);
  // A script that keeps the shards is ended with the instance, which saves then.
  if (error.empty() || error.rfind("BUSY", 0) == 0) return true;
  std::fprintf(stderr, "kevy-server: goes on, since the snapshot can not be written: %s\n",
               error.c_str());
  return false;
}

void wait_for_the_end(kevy_instance* instance) {
  const sigset_t ending = ending_signals();
  int signal = came;  // when all had been read
  if (signal == 0) sigwait(&ending, &signal);
  while (signal != kShutdown && !may_stop(instance)) sigwait(&ending, &signal);
  tell_of_end(name_of(signal));
}

// Says at the beginning what goes on.
int tell_of_loading(uint64_t done, uint64_t total, void*) {
  if (done != 0) return 0;
  std::printf("kevy-server: loading %llu bytes\n", static_cast<unsigned long long>(total));
  std::fflush(stdout);
  return 0;
}

// While this lives signals are taken as they come, by this thread: they end the reading of files,
// whatever that does just now.
class SignalsTaken {
 public:
  SignalsTaken() {
    struct sigaction action {};
    action.sa_handler = [](int signal) { came = signal; };
    action.sa_flags = SA_RESTART;
    for (const int signal : {SIGTERM, SIGINT, kShutdown}) sigaction(signal, &action, nullptr);
    change(SIG_UNBLOCK);
  }
  ~SignalsTaken() { change(SIG_BLOCK); }
  SignalsTaken(const SignalsTaken&) = delete;
  SignalsTaken& operator=(const SignalsTaken&) = delete;

 private:
  static void change(int how) {
    const sigset_t ending = ending_signals();
    pthread_sigmask(how, &ending, nullptr);
  }
};

// Raises the limit of descriptors to what the system allows, since each connection needs one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Where files of the instance are: the directory that the server works in.
std::string working_directory() {
  char path[PATH_MAX];
  if (getcwd(path, sizeof path) == nullptr)
    throw OptionError(std::string("dir: ") + std::strerror(errno));
  return path;
}

// nullptr: it was ended while it was reading its files.
Instance start(const Options& options, pid_t& self) {
  const std::string directory = working_directory();
  std::vector<const char*> directives{"dir", directory.c_str()};
  for (const auto& [name, value] : options.directives) {
    directives.push_back(name.c_str());
    directives.push_back(value.c_str());
  }
  kevy_options wanted = KEVY_OPTIONS_INIT;
  wanted.shards = options.shards;
  wanted.databases = options.databases;
  wanted.threads = options.threads;
  wanted.directives = directives.data();
  wanted.directive_count = directives.size() / 2;
  std::vector<const char*> addresses;
  for (const std::string& address : options.listen) addresses.push_back(address.c_str());
  kevy_listen_options listening = KEVY_LISTEN_OPTIONS_INIT;
  listening.permissions = options.unix_mode;
  wanted.listen = addresses.data();
  wanted.listen_count = addresses.size();
  wanted.listen_options = &listening;
  wanted.progress = tell_of_loading;
  wanted.cancel = &came;
  wanted.on_shutdown = tell;
  wanted.shutdown_user = &self;
  kevy_instance* instance = nullptr;
  const kevy_status started = [&] {
    const SignalsTaken taken;
    return kevy_start(&wanted, &instance);
  }();
  if (started == KEVY_CANCELLED) {
    tell_of_end(name_of(came != 0 ? came : kShutdown));
  } else if (started != KEVY_OK) {
    throw OptionError(kevy_last_error());
  }
  return Instance(instance);
}

void announce(kevy_instance* instance) {
  std::printf("kevy-server %s, process %d, listens on", kevy_version(), static_cast<int>(getpid()));
  char address[256];
  for (size_t i = 0; kevy_address(instance, i, address, sizeof address) == KEVY_OK; ++i) {
    std::printf("%s %s", i == 0 ? "" : ",", address);
  }
  std::printf("\n");
  std::fflush(stdout);
}

int serve(const Options& options) {
  for (const std::string& name : options.ignored) {
    std::fprintf(stderr, "kevy-server: '%s' means nothing here, ignored\n", name.c_str());
  }
  if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) {
    throw OptionError("dir '" + options.directory + "': " + std::strerror(errno));
  }
  raise_descriptor_limit();
  const sigset_t ending = ending_signals();
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  pid_t self = getpid();
  Instance instance = start(options, self);
  if (instance == nullptr) return 0;
  announce(instance.get());
  wait_for_the_end(instance.get());
  if (kevy_stop(instance.release()) == KEVY_OK) return 0;
  std::fprintf(stderr, "kevy-server: %s\n", kevy_last_error());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve(kevy_server::read_options(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kevy-server: %s\n", error.what());
    return 1;
  }
}
