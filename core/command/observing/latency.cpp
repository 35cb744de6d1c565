// LATENCY: spikes by event, and how the durations of commands are spread.
#include <algorithm>

#include "command/arguments.h"
#include "command/families.h"
#include "command/help.h"
#include "command/observing/latency_graph.h"
#include "runtime/observing/observer.h"

namespace kevy {

namespace {

void latest(Call& call) {
  const auto events = call.runtime.observer().latency().events();
  call.reply.array(events.size());
  for (const auto& [name, event] : events) {
    call.reply.array(6);
    call.reply.bulk(name);
    call.reply.integer(event.last().unix_s);
    call.reply.integer(event.last().ms);
    call.reply.integer(event.worst_ms);
    call.reply.integer(event.sum_ms);
    call.reply.integer(event.spikes);
  }
}

void history(Call& call) {
  const auto event = call.runtime.observer().latency().event(call.args[2]);
  const auto samples = event ? event->in_order() : std::vector<Latency::Sample>();
  call.reply.array(samples.size());
  for (const Latency::Sample& sample : samples) {
    call.reply.array(2);
    call.reply.integer(sample.unix_s);
    call.reply.integer(sample.ms);
  }
}

void graph(Call& call) {
  const auto event = call.runtime.observer().latency().event(call.args[2]);
  if (!event) {
    call.error("ERR No samples available for event '" + std::string(before_nul(call.args[2])) +
               "'");
    return;
  }
  call.reply.verbatim("txt", latency_graph(call.args[2], *event, call.now_ms() / 1000));
}

void doctor(Call& call) {
  const int64_t threshold =
      call.runtime.settings().latency_threshold_ms.load(std::memory_order_relaxed);
  const auto events = call.runtime.observer().latency().events();
  std::string text;
  if (threshold == 0) {
    text =
        "Latency monitoring is off. CONFIG SET latency-monitor-threshold <milliseconds> turns it "
        "on.\n";
  } else if (events.empty()) {
    text = "Nothing took " + std::to_string(threshold) + " ms or more.\n";
  }
  for (const auto& [name, event] : events) {
    text += name + ": " + std::to_string(event.spikes) + " times " + std::to_string(threshold) +
            " ms or more, " + std::to_string(event.sum_ms / std::max<int64_t>(event.spikes, 1)) +
            " ms on average, " + std::to_string(event.worst_ms) + " ms at worst.\n";
  }
  if (!events.empty()) {
    text +=
        "SLOWLOG GET tells which commands these were, where slowlog-log-slower-than is at most " +
        std::to_string(threshold * 1000) + ".\n";
  }
  call.reply.verbatim("txt", text);
}

void reset(Call& call) {
  Latency& latency = call.runtime.observer().latency();
  size_t count = call.argc() == 2 ? latency.reset_all() : 0;
  for (const Bytes name : call.args.subspan(2)) count += latency.reset(name) ? 1 : 0;
  call.reply.integer(static_cast<int64_t>(count));
}

struct Spread {
  std::string name;
  Latency::Histogram histogram;
};

class Spreads {
 public:
  explicit Spreads(Call& call)
      : table_(call.runtime.table()), latency_(call.runtime.observer().latency()) {}

  // With its subcommands, where it is a verb that has some.
  void add(const CommandRow& row) {
    if (const auto histogram = latency_.histogram(row)) {
      found_.push_back({full_name(table_, row), *histogram});
    }
    for (const CommandRow& sub : row.subcommands) add(sub);
  }
  void add_named(Bytes name) {
    const size_t bar = name.find('|');
    const Bytes words[] = {name.substr(0, bar),
                           bar == Bytes::npos ? Bytes() : name.substr(bar + 1)};
    const CommandRow* row = table_.find(words[0]);
    if (row == nullptr) return;
    if (bar == Bytes::npos) {
      add(*row);
    } else if (const CommandRow* sub = table_.find(Args(words)); sub != row) {
      add(*sub);
    }
  }
  const std::vector<Spread>& found() const noexcept { return found_; }

 private:
  const CommandTable& table_;
  const Latency& latency_;
  std::vector<Spread> found_;
};

void answer(Reply& reply, const Latency::Histogram& histogram) {
  const auto& counts = histogram.counts;
  const auto any = static_cast<size_t>(
      std::count_if(counts.begin(), counts.end(), [](uint64_t count) { return count != 0; }));
  reply.map(2);
  reply.bulk("calls");
  reply.integer(static_cast<int64_t>(histogram.calls));
  reply.bulk("histogram_usec");
  reply.map(any);
  uint64_t up_to_here = 0;
  for (size_t step = 0; step < counts.size(); ++step) {
    if (counts[step] == 0) continue;
    up_to_here += counts[step];
    reply.integer(Latency::Histogram::bound_ns(step) / 1000);
    reply.integer(static_cast<int64_t>(up_to_here));
  }
}

void histogram(Call& call) {
  Spreads spreads(call);
  if (call.argc() == 2) {
    for (const CommandRow* row : call.runtime.table().rows()) spreads.add(*row);
  }
  for (const Bytes name : call.args.subspan(2)) spreads.add_named(name);
  call.reply.map(spreads.found().size());
  for (const Spread& spread : spreads.found()) {
    call.reply.bulk(spread.name);
    answer(call.reply, spread.histogram);
  }
}

constexpr uint32_t kControl = kAdmin | kNoScript | kLoading | kStale;

constexpr CommandRow kSubcommands[] = {
    {.name = "doctor",
     .arity = 2,
     .flags = kControl,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(N) in the events",
     .summary = "Describes the spikes in words.",
     .handler = doctor},
    {.name = "graph",
     .arity = 3,
     .flags = kControl,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Draws the spikes of an event.",
     .syntax = "event:string",
     .handler = graph},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Lists the subcommands.",
     .handler = help},
    {.name = "histogram",
     .arity = -2,
     .flags = kControl,
     .group = "server",
     .since = "7.0.0",
     .complexity = "O(N) in the commands",
     .summary = "Answers how the durations of commands are spread.",
     .syntax = "[command:string [command ...]]",
     .handler = histogram},
    {.name = "history",
     .arity = 3,
     .flags = kControl,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Answers the spikes of an event.",
     .syntax = "event:string",
     .handler = history},
    {.name = "latest",
     .arity = 2,
     .flags = kControl,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(N) in the events",
     .summary = "Answers the last spike of every event.",
     .handler = latest},
    {.name = "reset",
     .arity = -2,
     .flags = kControl,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(N) in the events",
     .summary = "Forgets the spikes of the events named, or of all.",
     .syntax = "[event:string [event ...]]",
     .handler = reset},
};

constexpr CommandRow kRows[] = {
    {.name = "latency",
     .arity = -2,
     .flags = 0,
     .group = "server",
     .since = "2.8.13",
     .complexity = "Depends on the subcommand.",
     .summary = "Tells how long commands take.",
     .subcommands = kSubcommands},
};

}  // namespace

CommandFamily latency_commands() { return kRows; }

}  // namespace kevy
