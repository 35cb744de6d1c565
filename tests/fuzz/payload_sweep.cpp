// Payloads of a corpus, each damaged in many ways: bits flipped, bytes changed, cut out, put in and
// repeated. Every one goes through the target of payload_fuzz.cpp.
//
// payload_sweep FOLDER COUNT
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz.h"

extern size_t payloads_taken;

namespace {

using Engine = std::mt19937_64;

std::vector<std::string> read_all(const char* folder) {
  std::vector<std::string> all;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path(), std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return all;
}

void damage(std::string& text, Engine& engine) {
  static constexpr unsigned char kBorders[] = {0, 1, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xbf, 0xc0,
                                               0xc3, 0xf0, 0xf1, 0xf4, 0xfe, 0xff};
  if (text.size() < 2) return;
  const size_t at = engine() % text.size();
  const size_t count = engine() % std::min<size_t>(text.size() - at, 16);
  switch (engine() % 6) {
    case 0:
      text[at] = static_cast<char>(text[at] ^ (1 << engine() % 8));
      break;
    case 1:
      text[at] = static_cast<char>(kBorders[engine() % std::size(kBorders)]);
      break;
    case 2:
      text[at] = static_cast<char>(text[at] + (engine() % 2 == 0 ? 1 : -1));
      break;
    case 3:
      text.erase(at, count);
      break;
    case 4:
      text.insert(at, text.substr(engine() % text.size(), count));
      break;
    default:
      text.resize(at);
      break;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::vector<std::string> corpus = read_all(argv[1]);
  const unsigned long count = std::strtoul(argv[2], nullptr, 10);
  FUZZ_CHECK(corpus.size() >= 20);
  Engine engine(16);
  for (unsigned long i = 0; i < count; ++i) {
    std::string text = corpus[i % corpus.size()];
    for (size_t times = 1 + engine() % 4; times != 0; --times) damage(text, engine);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
  std::printf("%lu payloads, %zu of them were taken\n", count, payloads_taken);
  FUZZ_CHECK(payloads_taken > count / 100 && payloads_taken < count);
  return 0;
}
