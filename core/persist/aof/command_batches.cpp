#include "persist/aof/command_batches.h"

#include <algorithm>
#include <string>
#include <vector>

#include "persist/aof/replies.h"

namespace kevy {

namespace {

constexpr size_t kCommandsMost = 1024, kBytesMost = size_t{64} << 10;
constexpr size_t kCommandBytesMost =
    4 * kBytesMost;  // of one command: batches are copies of the file
constexpr uint32_t kLanesMost = 32;

// Which word is the only key that the command has, though others of its kind may have more; 0:
// there is none, or several.
size_t only_key_of(const CommandRow& row, Args words) noexcept {
  if (row.only_key != 0) return row.only_key < words.size() ? row.only_key : 0;
  if (row.keys.size() != 1 || row.further_key != nullptr || row.needs_all_shards != nullptr)
    return 0;
  const KeySpec& spec = row.keys[0];
  if (spec.search != KeySearch::kRange || (spec.flags & kKeyNotKey) != 0 || spec.first <= 0)
    return 0;
  const auto count = static_cast<int64_t>(words.size());
  const int64_t last = spec.last < 0 ? count + spec.last : spec.last;
  const bool one = spec.first <= last && last < count && spec.first + spec.step > last;
  return one ? static_cast<size_t>(spec.first) : 0;
}

// Whether it changes one key, and nothing but that. What reads may do so too: PFCOUNT.
bool is_about_one_key(const CommandRow& row, Args words) noexcept {
  constexpr uint32_t kMore = kBlocking | kPublishes | kRunsScript | kNeedsSession | kNotQueued |
                             kAllShards | kWalksShards | kMovableKeys | kAdmin;
  return row.handler != nullptr && row.has(kWrite | kMayReplicate) && !row.has(kMore) &&
         only_key_of(row, words) != 0;
}

bool is_large(Args words) noexcept {
  size_t bytes = 0;
  for (const Bytes word : words) bytes += word.size();
  return bytes > kCommandBytesMost;
}

}  // namespace

class CommandBatches::CommandBatch final : public Batch {
 public:
  CommandBatch(Runtime& runtime, const Clock& clock, uint32_t lanes)
      : runtime_(runtime),
        clock_(clock),
        of_lanes_(lanes),
        session_(runtime.open_unlisted_session()) {}
  ~CommandBatch() override { runtime_.close_session(*session_); }

  void add(const CommandRow& row, Args words, int database, uint64_t begin);
  bool empty() const noexcept { return commands_.empty(); }
  bool full() const noexcept {
    return commands_.size() >= kCommandsMost || texts_.size() >= kBytesMost;
  }

  void prepare() override {
    runtime_.spans().prepare();  // sooner than housekeeping would
    good_ = commands_.size();
  }
  void put(uint32_t lane) override;
  std::optional<LoadFailure> failure() override { return std::move(failure_); }
  void clear() noexcept override;

 private:
  struct Command {
    Route route;
    Shard* shard;  // of the key, which the route may not tell
    uint64_t hash;
    uint64_t begin;     // in the file
    size_t first_word;  // in sizes_
    size_t first_byte;  // in texts_
    uint32_t words;
    int database;
  };

  void prefetch(const Shard& shard, std::span<const uint32_t> commands) const noexcept;
  std::string run(Turn& turn, const Command& command);

  Runtime& runtime_;
  const Clock& clock_;
  LoadReplies replies_;
  std::string texts_;  // the words, one behind the other
  std::vector<size_t> sizes_;
  std::vector<Command> commands_;
  std::vector<std::vector<uint32_t>> of_lanes_;  // of commands_
  std::vector<Bytes> words_;                     // of the one that runs
  size_t good_ = 0;                              // commands in front of the first that has failed
  std::optional<LoadFailure> failure_;
  const std::shared_ptr<Session> session_;  // last: what throws behind it would leave it open
};

void CommandBatches::CommandBatch::add(const CommandRow& row, Args words, int database,
                                       uint64_t begin) {
  const Bytes name = words[only_key_of(row, words)];
  const Key key{name, runtime_.hash(name)};
  const uint32_t index = runtime_.shard_index(key);
  Shard& shard = runtime_.shard(index);
  const Route route = row.only_key != 0 ? Route{&row, &shard, key.hash} : Route{&row};
  of_lanes_[index % of_lanes_.size()].push_back(static_cast<uint32_t>(commands_.size()));
  commands_.push_back({route, &shard, key.hash, begin, sizes_.size(), texts_.size(),
                       static_cast<uint32_t>(words.size()), database});
  for (const Bytes word : words) {
    sizes_.push_back(word.size());
    texts_ += word;
  }
}

void CommandBatches::CommandBatch::clear() noexcept {
  if (texts_.capacity() > 4 * kBytesMost) texts_ = std::string();
  texts_.clear();
  sizes_.clear();
  commands_.clear();
  for (std::vector<uint32_t>& lane : of_lanes_) lane.clear();
  failure_.reset();
}

// The shard is held.
void CommandBatches::CommandBatch::prefetch(const Shard& shard,
                                            std::span<const uint32_t> commands) const noexcept {
  for (const bool buckets : {true, false}) {
    for (const uint32_t index : commands) {
      const Command& command = commands_[index];
      if (command.shard != &shard) continue;
      const Keyspace* const keyspace = shard.databases.find(static_cast<size_t>(command.database));
      if (keyspace == nullptr) continue;
      if (buckets) {
        keyspace->prefetch_bucket(command.hash);
      } else {
        keyspace->prefetch_entry(command.hash);
      }
    }
  }
}

std::string CommandBatches::CommandBatch::run(Turn& turn, const Command& command) {
  words_.clear();
  size_t at = command.first_byte;
  for (size_t i = 0; i < command.words; ++i) {
    const size_t size = sizes_[command.first_word + i];
    words_.emplace_back(texts_.data() + at, size);
    at += size;
  }
  session_->database = command.database;
  runtime_.execute(turn, *session_, words_, command.route, replies_.writer());
  return replies_.take_error();
}

void CommandBatches::CommandBatch::put(uint32_t lane) {
  constexpr size_t kAtOnce = 32;
  std::span<const uint32_t> left = of_lanes_[lane];
  while (!left.empty()) {
    const auto some = left.first(std::min(left.size(), kAtOnce));
    left = left.subspan(some.size());
    Turn turn(runtime_, clock_);
    Shard& first = *commands_[some.front()].shard;
    turn.hold(first);
    prefetch(first, some);
    for (const uint32_t index : some) {
      if (index >= good_) return;
      std::string error = run(turn, commands_[index]);
      if (error.empty()) [[likely]]
        continue;
      good_ = index;
      failure_ = LoadFailure{{Error::Kind::kState, std::move(error)}, commands_[index].begin};
      return;
    }
  }
}

CommandBatches::CommandBatches(Runtime& runtime, const Clock& clock, unsigned threads)
    : runtime_(runtime),
      clock_(clock),
      threads_(threads),
      pool_(std::min(runtime.shard_count(), kLanesMost)) {}

CommandBatches::~CommandBatches() = default;

// Behind one that has failed it takes none, so that the caller comes to know.
bool CommandBatches::takes(const CommandRow* row, Args words) const noexcept {
  return threads_ > 1 && row != nullptr && is_about_one_key(*row, words) && !is_large(words) &&
         !pool_.failed();
}

void CommandBatches::take(const CommandRow& row, Args words, int database, uint64_t begin) {
  if (next_ == nullptr) next_ = pool_.used();
  if (next_ == nullptr) next_ = std::make_unique<CommandBatch>(runtime_, clock_, pool_.lanes());
  auto& next = static_cast<CommandBatch&>(*next_);
  next.add(row, words, database, begin);
  any_ = true;
  if (next.full()) hand_over();
}

void CommandBatches::hand_over() {
  if (!started_ && !pool_.start(threads_ - 1)) {
    threads_ = 1;
    return;
  }
  started_ = in_work_ = true;
  pool_.add(std::move(next_));
}

// A few that nobody is to wait behind are not worth it to wake another thread.
std::optional<LoadFailure> CommandBatches::settle() {
  any_ = false;
  if (next_ != nullptr && !static_cast<CommandBatch&>(*next_).empty()) {
    if (in_work_) {
      pool_.add(std::move(next_));
    } else {
      next_->prepare();
      for (uint32_t lane = 0; lane < pool_.lanes(); ++lane) next_->put(lane);
      if (auto failure = next_->failure()) return failure;
      next_->clear();
    }
  }
  if (!std::exchange(in_work_, false)) return std::nullopt;
  pool_.drain();
  return pool_.failure();
}

}  // namespace kevy
