#include "talker.h"

#include <algorithm>

namespace kevy::test {

namespace {

std::string request(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return text;
}

}  // namespace

Talker::Talker(const std::string& address, std::string name)
    : client_(address), name_(std::move(name)), closed_(!client_.connected()) {}

bool Talker::send(const std::vector<std::string>& words) {
  closed_ |= !client_.send(request(words));
  return !closed_;
}

std::optional<std::string> Talker::line() {
  size_t end;
  while ((end = got_.find("\r\n", at_)) == std::string::npos) {
    const std::string more = client_.receive_some();
    if (more.empty()) {
      closed_ = true;
      return std::nullopt;
    }
    got_ += more;
  }
  std::string text = got_.substr(at_, end - at_);
  at_ = end + 2;
  return text;
}

std::optional<std::string> Talker::bytes(size_t count) {
  while (got_.size() < at_ + count + 2) {
    const std::string more = client_.receive_some();
    if (more.empty()) {
      closed_ = true;
      return std::nullopt;
    }
    got_ += more;
  }
  std::string text = got_.substr(at_, count);
  at_ += count + 2;
  return text;
}

std::optional<std::string> Talker::read() {
  const auto head = line();
  if (!head) return std::nullopt;
  const std::string rest = head->substr(1);
  if ((*head)[0] == '$') return rest == "-1" ? "nil" : bytes(std::stoul(rest));
  if ((*head)[0] != '*') return rest;
  if (rest == "-1") return "nil";
  std::string all = "[";
  for (size_t i = 0; i < std::stoul(rest); ++i) {
    const auto part = read();
    if (!part) return std::nullopt;
    all += (i == 0 ? "" : " ") + *part;
  }
  return all + "]";
}

std::optional<std::string> Talker::ask(const std::vector<std::string>& words) {
  got_.erase(0, at_);
  at_ = 0;
  if (!send(words)) return std::nullopt;
  auto reply = read();
  answers_ += reply ? 1 : 0;
  return reply;
}

bool Talker::check(const std::string& what, const std::string& got, const Allowed& allowed) {
  if (lenient_ && got.starts_with("OOM ")) return true;
  const auto end = lenient_ ? allowed.end() : allowed.begin() + 1;
  if (std::find(allowed.begin(), end, got) != end) return true;
  wrong_ = name_ + ": " + what.substr(0, 60) + " gave " + got.substr(0, 200);
  return false;
}

bool Talker::expect(const std::vector<std::string>& words, const Allowed& allowed) {
  const auto reply = ask(words);
  if (!reply && !lenient_) wrong_ = name_ + ": the connection ended at " + words[0];
  return reply && check(words[0], *reply, allowed);
}

bool Talker::expect_any(const std::vector<std::string>& words) {
  const auto reply = ask(words);
  if (!reply && !lenient_) wrong_ = name_ + ": the connection ended at " + words[0];
  return reply.has_value();
}

// The first of what is allowed is the answer where nothing fails.
bool Talker::strings() {
  const std::string key = name_ + ":text", big = name_ + ":big", value = "of " + name_;
  const std::string long_value = value + std::string(400'000, 'l');  // mapped by itself
  return expect_any({"DEL", key, big, name_ + ":list"}) && expect({"SET", key, value}, {"OK"}) &&
         expect({"GET", key}, {value, "nil"}) && expect({"SET", big, long_value}, {"OK"}) &&
         expect({"GET", big}, {long_value, "nil"}) &&
         expect({"MGET", big, key}, {"[" + long_value + " " + value + "]", "[nil nil]",
                                     "[nil " + value + "]", "[" + long_value + " nil]"}) &&
         expect({"DEL", key, big}, {"2", "1", "0"});
}

// Words by the thousand, and a reply in many pieces.
bool Talker::long_requests() {
  std::vector<std::string> push{"RPUSH", name_ + ":list"};
  std::string all = "[";
  for (int i = 0; i < 1'000; ++i) {
    push.push_back(name_ + std::to_string(i));
    all += (i == 0 ? "" : " ") + push.back();
  }
  all += "]";
  const auto pushed = ask(push);
  if (!pushed) return expect_any({"PING"});
  if (!check("RPUSH", *pushed, {"1000"})) return false;
  const auto list = ask({"LRANGE", name_ + ":list", "0", "-1"});
  if (!list) return expect_any({"PING"});
  // RPUSH may have pushed those that it names first.
  const bool first_ones = lenient_ && list->size() > 1 &&
                          (all.starts_with(list->substr(0, list->size() - 1)) || *list == "[]");
  if (!first_ones && !check("LRANGE", *list, {all})) return false;
  return expect_any({"DEL", name_ + ":list"});
}

bool Talker::transaction() {
  const std::string key = name_ + ":text", value = "in a transaction of " + name_;
  const auto multi = ask({"MULTI"});
  if (!multi || !check("MULTI", *multi, {"OK"})) return false;
  if (*multi != "OK") return true;
  if (!expect({"SET", key, value}, {"QUEUED"}) || !expect({"GET", key}, {"QUEUED"})) return false;
  const auto results = ask({"EXEC"});
  if (!results) return expect_any({"PING"});
  const bool aborted =
      lenient_ && (results->starts_with("EXECABORT") || results->find("OOM ") != std::string::npos);
  return aborted || check("EXEC", *results, {"[OK " + value + "]"});
}

bool Talker::pipeline() {
  std::string requests, value = "in a pipeline of " + name_;
  for (int i = 0; i < 100; ++i) requests += request({"ECHO", value + std::to_string(i)});
  if (!client_.send(requests)) {
    closed_ = true;
    return expect_any({"PING"});
  }
  for (int i = 0; i < 100; ++i) {
    const auto reply = read();
    if (!reply) return expect_any({"PING"});
    if (!check("ECHO", *reply, {value + std::to_string(i)})) return false;
  }
  return true;
}

bool Talker::channels() {
  const std::string channel = "channel of " + name_;
  const auto subscribed = ask({"SUBSCRIBE", channel, channel + "2"});
  if (!subscribed) return expect_any({"PING"});
  if (!check("SUBSCRIBE", *subscribed, {"[subscribe " + channel + " 1]"})) return false;
  if (!subscribed->starts_with("[")) return expect_any({"RESET"});
  const auto second = read();
  if (!second) return expect_any({"PING"});
  if (!check("SUBSCRIBE", *second, {"[subscribe " + channel + "2 2]"})) return false;
  return expect({"RESET"}, {"RESET"});
}

bool Talker::connection() {
  const auto id = ask({"CLIENT", "ID"});
  return id && expect({"CLIENT", "SETNAME", name_}, {"OK"}) &&
         expect({"CLIENT", "GETNAME"}, {name_, "nil"}) && expect_any({"CLIENT", "LIST"}) &&
         expect_any({"CLIENT", "INFO"}) && expect({"CLIENT", "KILL", "ID", "999999999"}, {"0"}) &&
         expect_any({"HELLO", "2"}) && expect_any({"INFO", "clients"}) &&
         expect({"SELECT", "0"}, {"OK"});
}

void Talker::talk() {
  (void)(connection() && strings() && long_requests() && transaction() && pipeline() &&
         channels() && strings());
}

}  // namespace kevy::test
