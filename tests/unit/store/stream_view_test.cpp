// Views of a stream show what it had when they were opened, whatever changes it, also where its ids
// begin at lower ones again; and what they keep for that is freed.
#include "store/stream/stream_view.h"

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "store/stream/stream_cursor.h"
#include "unit/store/failing_memory.h"

using namespace kevy;
using namespace kevy::test;

namespace {

constexpr StreamChunkLimit kLimit{4096, 6};

using Texts = std::vector<std::string>;

std::string text_of(const StreamEntry& entry) {
  std::string text = std::to_string(entry.id.ms) + '-' + std::to_string(entry.id.seq);
  entry.for_each_field([&](Bytes name, Bytes value) {
    text += ' ' + std::string(name) + ' ' + std::string(value);
  });
  return text;
}

Texts texts_of(const StreamObject& stream) {
  Texts texts;
  for (StreamCursor at(stream, {}, StreamId::max(), StreamCursor::Way::kUp); at; at.next()) {
    texts.push_back(text_of(at.entry()));
  }
  return texts;
}

void append(StreamObject& stream, Random& random) {
  StreamId id = stream.counts().last_id;
  id.ms += 1 + random.below(3);
  const std::string value(random.below(60), 'v');
  const Bytes fields[] = {random.below(3) == 0 ? "other" : "field", value};
  const StreamObject::Appended appended = stream.append(id, fields, value.size() + 5, kLimit);
  if (random.below(9) == 0) stream.take_back(appended);
}

StreamId any_id(const StreamObject& stream, Random& random) {
  const StreamObject::Counts& counts = stream.counts();
  const uint64_t all = counts.last_id.ms - counts.first_id.ms + 1;
  return {counts.first_id.ms + random.below(all), 0};
}

/// Takes out the last chunks, and has ids begin where they did.
void begin_lower(StreamObject& stream) {
  for (int left = 3; left != 0 && stream.length() != 0;) {
    const size_t chunks = stream.chunk_count();
    const StreamId last = stream.last_entry_id();
    stream.erase(last);
    if (stream.chunk_count() == chunks) continue;
    stream.set_last_id({last.ms - 1, 0});
    --left;
  }
}

/// One change, of any kind.
void change(StreamObject& stream, Random& random) {
  switch (stream.length() == 0 ? 0 : random.below(12)) {
    case 1:
    case 2:
    case 3:
    case 4:
      stream.erase(any_id(stream, random));
      return;
    case 5:
      if (random.below(5) == 0) begin_lower(stream);
      return;
    case 6: {
      StreamTrim trim;
      trim.by = random.below(2) == 0 ? StreamTrim::By::kLength : StreamTrim::By::kId;
      trim.approximate = random.below(2) == 0;
      trim.length = stream.length() - std::min<uint64_t>(stream.length(), random.below(20));
      trim.min_id = {stream.counts().first_id.ms + random.below(60), 0};
      stream.erase_front(stream.find_to_trim(trim));
      return;
    }
    default:
      break;
  }
  append(stream, random);
}

struct Walked {
  std::unique_ptr<ObjectView> view;
  Texts expected;
  Texts shown;
  size_t chunks = 0;

  void walk(uint64_t some) {
    ElementImages images;
    view->walk(images, some);
    images.for_each<StreamChunk>([&](const StreamChunk& chunk, int64_t) {
      ++chunks;
      CHECK(chunk.count() != 0);
      for (uint32_t at = chunk.first(); at != StreamChunk::kNowhere; at = chunk.next(at)) {
        shown.push_back(text_of(chunk.read(at)));
      }
    });
  }
  bool over() const { return view->done() || view->failed(); }
};

/// Closes those that were walked, and some that were not.
void close_some(std::deque<Walked>& open, Random& random, size_t& shown, size_t& early) {
  for (size_t i = 0; i < open.size(); ++i) {
    Walked& one = open[i];
    one.walk(random.below(4));
    const bool closes = random.below(60) == 0;
    if (!one.over() && !closes) continue;
    if (one.view->done() && !one.view->failed()) {
      ++shown;
      REQUIRE(one.shown == one.expected);
      CHECK(one.chunks == one.view->size());
    } else {
      ++early;
    }
    one.view->close();
    open.erase(open.begin() + static_cast<ptrdiff_t>(i--));
  }
}

}  // namespace

TEST_CASE("views of a stream show what it had when they were opened") {
  Random random(GENERATE(1u, 2u, 3u, 4u));
  const auto there = std::make_unique<StreamObject>();
  StreamObject& stream = *there;
  std::deque<Walked> open;
  size_t shown = 0, early = 0, opened = 0;
  for (int round = 0; round < 12'000; ++round) {
    round / 500 % 3 == 0 ? append(stream, random) : change(stream, random);
    if (random.below(30) == 0 && open.size() < 4 && stream.length() != 0) {
      auto view = stream.view(1);
      REQUIRE(view != nullptr);
      open.push_back({std::move(view), texts_of(stream), {}, 0});
      ++opened;
    }
    if (round % 3 == 0) close_some(open, random, shown, early);
  }
  CHECK(opened > 100);
  CHECK(shown > 100);
  CHECK(early > 3);
  for (Walked& one : open) one.view->close();
}

TEST_CASE("ids that begin below a chunk that stayed empty do not come into it") {
  const std::string value(2000, 'v');
  const Bytes fields[] = {"field", value};
  const StreamChunkLimit limit{0, 50};
  const bool is_full = GENERATE(false, true);
  const auto there = std::make_unique<StreamObject>();
  StreamObject& stream = *there;
  const uint64_t last = is_full ? 950 : 940;
  for (uint64_t ms = 901; ms <= last; ++ms) stream.append({ms, 0}, fields, value.size(), limit);
  for (uint64_t ms = 921; ms <= last; ++ms) stream.erase({ms, 0});
  StreamTrim trim;
  trim.by = StreamTrim::By::kId;
  trim.min_id = {921, 0};
  stream.erase_front(stream.find_to_trim(trim));
  REQUIRE(stream.length() == 0);
  REQUIRE(stream.chunk_count() == 1);
  const auto empty = stream.view(0);
  const uint64_t first = is_full ? 901 : 501;
  for (uint64_t ms = first; ms < first + 50; ++ms) stream.append({ms, 0}, fields, value.size(), limit);
  Walked walked{stream.view(1), texts_of(stream), {}, 0};
  stream.append({first + 50, 0}, fields, value.size(), limit);
  CHECK(stream.last_entry_id() == StreamId{first + 50, 0});
  CHECK(texts_of(stream).size() == 51);
  CHECK(texts_of(stream).front().starts_with(std::to_string(first) + "-0 "));
  while (!walked.over()) walked.walk(1);
  CHECK(walked.shown == walked.expected);
  CHECK(walked.chunks == walked.view->size());
  ElementImages images;
  empty->walk(images, 9);
  CHECK(images.empty());
  CHECK(empty->size() == 0);
  empty->close();
  walked.view->close();
}

TEST_CASE("a view of a stream has the rest of it, and keeps what is changed alone") {
  Random random(5);
  const auto there = std::make_unique<StreamObject>();
  StreamObject& stream = *there;
  while (stream.length() < 300) append(stream, random);
  stream.add_group("group", {7, 0}, 5);
  CHECK(stream.view(5000) == nullptr);
  const auto view = stream.view(300);
  REQUIRE(view != nullptr);
  CHECK(view->kept_bytes() == 0);
  const auto counts = stream.counts();
  stream.add_group("later", {8, 0}, 6);
  stream.erase(stream.last_entry_id());
  CHECK(view->kept_bytes() > 0);
  CHECK(view->kept_bytes() < 4096);
  const std::unique_ptr<Object> rest = view->take_rest();
  const auto& was = static_cast<const StreamObject&>(*rest);
  CHECK(was.counts().length == counts.length);
  CHECK(was.counts().last_id == counts.last_id);
  CHECK(was.group_count() == 1);
  CHECK(was.find_group("group")->last_id == StreamId{7, 0});
  view->close();
}

TEST_CASE("a stream that is no more before its views are walked has them say so") {
  Random random(6);
  std::unique_ptr<ObjectView> behind, walked, kept;
  ElementImages images;
  {
    const auto there = std::make_unique<StreamObject>();
    StreamObject& stream = *there;
    while (stream.length() < 100) append(stream, random);
    behind = stream.view(1);
    walked = stream.view(1);
    walked->walk(images, 1000);
    kept = stream.view(1);
    stream.erase_front({stream.length(), false});
  }
  CHECK(walked->done());
  CHECK_FALSE(walked->failed());
  for (ObjectView* const view : {behind.get(), kept.get()}) {
    images.clear();
    view->walk(images, 1000);
    CHECK(view->done());
    CHECK_FALSE(view->failed());
    CHECK(images.count() == view->size());
  }
  {
    const auto there = std::make_unique<StreamObject>();
    StreamObject& stream = *there;
    while (stream.length() < 100) append(stream, random);
    behind = stream.view(1);
  }
  CHECK(behind->failed());
}

TEST_CASE("a stream that finds no memory to keep its chunks changes all the same, and its views fail") {
  if (!kMemoryFails) return;
  Random random(GENERATE(1u, 2u));
  const auto there = std::make_unique<StreamObject>();
  StreamObject& stream = *there;
  while (stream.length() < 300) append(stream, random);
  std::deque<Walked> open;
  size_t shown = 0, failed = 0;
  for (int round = 0; round < 1500; ++round) {
    if (open.size() < 2) {
      std::unique_ptr<ObjectView> view;
      const int enough = 10'000;
      const int some = random.below(2) == 0 ? static_cast<int>(random.below(40)) : enough;
      if (!runs_with(some, [&] { view = stream.view(1); })) continue;
      open.push_back({std::move(view), texts_of(stream), {}, 0});
    }
    const StreamId id = any_id(stream, random);
    const uint64_t length = stream.length();
    bool erased = false;
    CHECK(runs_with(static_cast<int>(random.below(3)), [&] { erased = stream.erase(id); }));
    CHECK(stream.length() == length - (erased ? 1 : 0));
    append(stream, random);
    close_some(open, random, shown, failed);
  }
  CHECK(failed > 100);
  for (Walked& one : open) one.view->close();
}
