#include "store/stream/stream.h"
#include "store/stream/stream_delivery.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "unit/store/failing_memory.h"

using namespace kevy;
using namespace kevy::test;

namespace {

using Words = std::vector<std::string>;
using Model = std::map<StreamId, Words>;

Words read_fields(const StreamEntry& entry) {
  Words words;
  entry.for_each_field([&](Bytes name, Bytes value) {
    words.emplace_back(name);
    words.emplace_back(value);
  });
  return words;
}

StreamObject::Appended append(StreamObject& stream, StreamId id, const Words& words,
                              const StreamChunkLimit& limit) {
  const std::vector<Bytes> fields(words.begin(), words.end());
  size_t bytes = 0;
  for (const std::string& word : words) bytes += word.size();
  return stream.append(id, fields, bytes, limit);
}

void check_range(const StreamObject& stream, const Model& model, StreamId from, StreamId to) {
  StreamCursor up(stream, from, to, StreamCursor::Way::kUp);
  auto it = model.lower_bound(from);
  for (; it != model.end() && it->first <= to; ++it, up.next()) {
    REQUIRE((up && up.entry().id == it->first && read_fields(up.entry()) == it->second));
  }
  REQUIRE_FALSE(up);
  StreamCursor down(stream, to, from, StreamCursor::Way::kDown);
  while (it != model.begin() && (--it)->first >= from) {
    REQUIRE((down && down.entry().id == it->first));
    down.next();
  }
  REQUIRE_FALSE(down);
}

void check_same(const StreamObject& stream, const Model& model) {
  REQUIRE(stream.length() == model.size());
  REQUIRE(stream.counts().first_id == (model.empty() ? StreamId{} : model.begin()->first));
  REQUIRE(stream.last_entry_id() == (model.empty() ? StreamId{} : model.rbegin()->first));
  check_range(stream, model, {}, StreamId::max());
}

Words random_fields(Random& random) {
  const auto value = [&]() -> std::string {
    switch (random.below(5)) {
      case 0:
        return std::to_string(static_cast<int64_t>(random()) >> random.below(64));
      case 1:
        return std::string(random.below(200), 'v');
      default:
        return std::to_string(random.below(300));
    }
  };
  Words words;
  const uint64_t shape = random.below(5);
  for (uint64_t i = 0; i < (shape < 4 ? 3 : 1 + random.below(9)); ++i) {
    words.push_back(shape < 4 ? "field" + std::to_string(i) : value());
    words.push_back(value());
  }
  return words;
}

}  // namespace

TEST_CASE("a stream is what a map with the same changes is, at any limit of its chunks") {
  const StreamChunkLimit limit{GENERATE(0u, 100u, 4096u), GENERATE(0u, 1u, 3u, 100u)};
  Random random(GENERATE(1u, 2u));
  const auto owner = std::make_unique<StreamObject>();
  StreamObject& stream = *owner;
  Model model;
  for (int i = 0; i < 3000; ++i) {
    const StreamId last = stream.counts().last_id;
    const StreamId id = random.below(3) == 0
                            ? StreamId{last.ms + 1 + random.below(200), random.below(3)}
                            : StreamId{last.ms, last.seq + 1 + random.below(200)};
    const uint64_t what = random.below(12);
    if (what < 7) {
      const Words words = random_fields(random);
      append(stream, id, words, limit);
      model.emplace(id, words);
    } else if (what == 7) {
      const auto counts = stream.counts();
      const size_t chunks = stream.chunk_count();
      stream.take_back(append(stream, id, random_fields(random), limit));
      REQUIRE(stream.counts().last_id == counts.last_id);
      REQUIRE(stream.chunk_count() == chunks);
    } else if (what < 11) {
      const auto it = model.lower_bound({random.below(last.ms + 1), random.below(200)});
      if (it == model.end()) continue;
      const StreamId erased = it->first;
      model.erase(it);
      REQUIRE(stream.erase(erased));
      REQUIRE_FALSE(stream.erase(erased));
    } else if (random.below(20) == 0) {
      const uint64_t count = random.below(model.size() + 1);
      stream.erase_front({count});
      for (uint64_t n = 0; n < count; ++n) model.erase(model.begin());
    }
    if (i % 20 == 0) {
      check_range(stream, model, {random.below(last.ms + 1), 0}, {random.below(last.ms + 1), 9});
    }
    if (i % 200 == 0) check_same(stream, model);
  }
  check_same(stream, model);
  const auto copy = stream.clone();
  stream.erase_front({stream.length()});
  check_same(stream, {});
  check_same(static_cast<const StreamObject&>(*copy), model);
  CHECK(stream.memory_bytes() < 2000);
}

TEST_CASE("ids at their limits are kept as they are") {
  const auto owner = std::make_unique<StreamObject>();
  StreamObject& stream = *owner;
  Model model;
  const StreamId ids[] = {{0, 1},          {0, UINT64_MAX},
                          {1, 0},          {UINT64_MAX - 1, UINT64_MAX},
                          {UINT64_MAX, 0}, {UINT64_MAX, UINT64_MAX}};
  for (const StreamId id : ids) {
    append(stream, id, {"f", "v"}, {});
    model.emplace(id, Words{"f", "v"});
  }
  check_same(stream, model);
  CHECK(stream.chunk_count() == 1);
}

TEST_CASE("approximate trimming removes whole chunks, exact trimming what it is told") {
  const auto owner = std::make_unique<StreamObject>();
  StreamObject& stream = *owner;
  for (uint64_t i = 1; i <= 250; ++i) append(stream, {i, 0}, {"f", "v"}, {4096, 100});
  REQUIRE(stream.chunk_count() == 3);
  using By = StreamTrim::By;
  const auto count = [&](StreamTrim trim) { return stream.find_to_trim(trim).count; };
  CHECK(count({.by = By::kLength, .length = 60}) == 190);
  CHECK(count({.by = By::kLength, .approximate = true, .length = 60}) == 100);
  CHECK(count({.by = By::kLength, .approximate = true, .length = 50}) == 200);
  CHECK(count({.by = By::kLength, .approximate = true, .length = 0}) == 250);
  CHECK(count({.by = By::kLength, .approximate = true, .length = 0, .limit = 199}) == 100);
  CHECK(count({.by = By::kId, .min_id = {100, 1}}) == 100);
  CHECK(count({.by = By::kId, .min_id = {151, 0}}) == 150);
  CHECK(count({.by = By::kId, .approximate = true, .min_id = {151, 0}}) == 100);
  CHECK(count({.by = By::kId, .approximate = true, .min_id = {100, 0}}) == 0);
  CHECK(count({.by = By::kId, .min_id = StreamId::max()}) == 250);
  stream.erase({100, 0});
  CHECK(count({.by = By::kId, .approximate = true, .min_id = {100, 0}}) == 0);
  CHECK(count({.by = By::kId, .min_id = {100, 0}}) == 99);
  stream.erase_front(stream.find_to_trim({.by = By::kId, .min_id = {100, 0}}));
  CHECK(stream.chunk_count() == 3);  // the first one has no more entries
  CHECK(stream.counts().first_id == StreamId{101, 0});
  CHECK(StreamCursor(stream, {}, StreamId::max(), StreamCursor::Way::kUp).entry().id.ms == 101);
  CHECK_FALSE(StreamCursor(stream, {100, 9}, {}, StreamCursor::Way::kDown));
  stream.erase_front({1});
  CHECK(stream.chunk_count() == 2);
}

TEST_CASE("groups, consumers and what is pending are copied, counted and given back") {
  const auto owner = std::make_unique<StreamObject>();
  StreamObject& stream = *owner;
  for (uint64_t i = 1; i <= 500; ++i) append(stream, {i, 0}, {"f", "v"}, {});
  stream.erase_group(stream.add_group("another", {}, 0));  // the table keeps its first memory
  const size_t without = stream.memory_bytes();
  StreamGroup& group = stream.add_group("a group with a name that is long", {400, 0}, 400);
  for (int c = 0; c < 30; ++c) {
    StreamConsumer& consumer = group.add_consumer("consumer " + std::to_string(c), 1000 + c);
    for (uint64_t i = 1; i <= 10; ++i) {
      group.add_pending({i + 10 * static_cast<uint64_t>(c), 0}, {&consumer, 5, 1});
    }
  }
  const auto copy = stream.clone();
  const auto& other = static_cast<const StreamObject&>(*copy);
  const StreamGroup* const found = other.find_group("a group with a name that is long");
  REQUIRE(found != nullptr);
  CHECK(found->pending().size() == 300);
  CHECK(found->consumer_count() == 30);
  CHECK(found->find_consumer("consumer 7")->pending.size() == 10);
  CHECK(found->pending().find({75, 0})->owner == found->find_consumer("consumer 7"));
  group.erase_consumer(*group.find_consumer("consumer 7"));
  CHECK(group.pending().size() == 290);
  CHECK(group.pending().find({75, 0}) == nullptr);
  CHECK(found->pending().find({75, 0}) != nullptr);
  StreamConsumer& heir = *group.find_consumer("consumer 8");
  const auto give = [&](bool commit) {
    StreamDelivery delivery(group, "consumer 8", 0);
    for (uint64_t i = 1; i <= 70; ++i) delivery.give({i, 0}, 9, 2);
    delivery.give({480, 0}, 9, 1);
    delivery.give({70, 0}, 9, 2);
    if (commit) delivery.commit();
  };
  give(false);
  CHECK(heir.pending.size() == 10);
  CHECK(group.pending().size() == 290);
  CHECK(group.find_consumer("consumer 0")->pending.size() == 10);
  give(true);
  CHECK(heir.pending.size() == 81);
  CHECK(group.pending().find({1, 0})->deliveries == 2);
  CHECK(group.find_consumer("consumer 0")->pending.empty());
  for (uint64_t i = 1; i <= 500; ++i) group.erase_pending({i, 0});
  CHECK(heir.pending.empty());
  CHECK(stream.memory_bytes() > without);
  stream.erase_group(group);
  CHECK(stream.memory_bytes() == without);
}

TEST_CASE("a stream that finds no memory has changed nothing") {
  const Words fields = {"some field", std::string(100, 'v'), "another", "value"};
  const auto owner = std::make_unique<StreamObject>();
  StreamObject& stream = *owner;
  Model model;
  for (uint64_t i = 1; i <= 700; ++i) {
    for (int allocations = 0;; ++allocations) {
      const size_t memory = stream.memory_bytes();
      if (runs_with(allocations, [&] { append(stream, {i, 0}, fields, {4096, 7}); })) break;
      REQUIRE(stream.memory_bytes() == memory);
      REQUIRE(stream.length() == model.size());
    }
    model.emplace(StreamId{i, 0}, fields);
  }
  check_same(stream, model);
  StreamGroup* group = nullptr;
  for (int allocations = 0; group == nullptr; ++allocations) {
    runs_with(allocations, [&] { group = &stream.add_group("group", {}, 0); });
  }
  StreamConsumer* consumer = nullptr;
  for (int allocations = 0; consumer == nullptr; ++allocations) {
    runs_with(allocations, [&] { consumer = &group->add_consumer("consumer", 0); });
  }
  for (uint64_t i = 1; i <= 700; ++i) {
    for (int allocations = 0;; ++allocations) {
      if (runs_with(allocations, [&] { group->add_pending({i, 0}, {consumer, 0, 1}); })) break;
      REQUIRE(group->pending().size() == i - 1);
      REQUIRE(consumer->pending.size() == i - 1);
    }
  }
  std::unique_ptr<Object> copy;
  for (int allocations = 0; copy == nullptr; ++allocations) {
    runs_with(allocations, [&] { copy = stream.clone(); });
  }
  check_same(static_cast<const StreamObject&>(*copy), model);
  for (int allocations = 0; allocations < 3; ++allocations) {
    StreamObject other;
    for (uint64_t i = 1; i <= 700; ++i) append(other, {i, 0}, fields, {4096, 7});
    REQUIRE(runs_with(allocations, [&] { other.erase_front({690}); }));
    CHECK(other.length() == 10);
  }
}
