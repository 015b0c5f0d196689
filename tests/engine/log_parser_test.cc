#include "../../src/engine/docker/log_parser.h"

#include <doctest/doctest.h>

#include <random>

using namespace kontena::engine;
using kontena::engine::docker::LogParser;

namespace {

const std::string t1 = "2026-11-22T10:15:01.519057732Z", t2 = "2026-11-22T10:15:02Z",
                  t3 = "2026-11-22T10:15:03.1+01:00";

std::string frame(int stream, const std::string& payload) {
  std::string head{static_cast<char>(stream), 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(payload.size() >> shift);
  return head + payload;
}

std::string show(const std::vector<LogLine>& lines) {
  std::string text;
  for (const auto& line : lines) {
    const bool is_long = line.text.size() > 200;
    text += (line.is_error ? "E " : "O ") + line.time + " " +
            (is_long ? std::to_string(line.text.size()) + " bytes" : line.text) + "\n";
  }
  return text;
}

std::string parsed(bool framed, std::initializer_list<std::string_view> pieces) {
  LogParser parser(framed);
  std::vector<LogLine> lines;
  const auto sink = [&](const LogLine& line) { return lines.push_back(line), true; };
  for (const auto piece : pieces) CHECK(parser.take(piece, sink));
  CHECK(parser.finish(sink));
  return show(lines);
}

}  // namespace

TEST_CASE("the streams of a container are told apart") {
  const std::string bytes = frame(1, t1 + " out\n") + frame(2, t2 + " err\n") + frame(1, t3 + " \n");
  CHECK(parsed(true, {bytes}) == "O " + t1 + " out\nE " + t2 + " err\nO " + t3 + " \n");
}

TEST_CASE("a line that the engine cut into entries is one line, with the time of the first") {
  const std::string part(16384, 'x');
  CHECK(parsed(true, {frame(1, t1 + " " + part), frame(2, t2 + " between\n"), frame(1, t2 + " " + part),
                      frame(1, t3 + " end\n")}) == "E " + t2 + " between\nO " + t1 + " 32771 bytes\n");
}

TEST_CASE("a last line without an end is given out at the end") {
  CHECK(parsed(true, {frame(1, t1 + " prompt>")}) == "O " + t1 + " prompt>\n");
  CHECK(parsed(false, {t1 + " prompt>"}) == "O " + t1 + " prompt>\n");
  CHECK(parsed(true, {frame(1, "cut")}) == "O  cut\n");
}

TEST_CASE("the lines of a terminal end with a carriage return, which is not theirs") {
  CHECK(parsed(false, {t1 + " one\r\n" + t2 + " two\r\n"}) == "O " + t1 + " one\nO " + t2 + " two\n");
}

TEST_CASE("the entries of a long line of a terminal are joined") {
  const std::string part(16384, 'x');
  CHECK(parsed(false, {t1 + " " + part + t2 + " " + part + t3 + " end\r\n" + t3 + " next\r\n"}) ==
        "O " + t1 + " 32771 bytes\nO " + t3 + " next\n");
}

TEST_CASE("text that only looks like a time is text") {
  CHECK(parsed(true, {frame(1, "2026-11-22 no time\n")}) == "O  2026-11-22 no time\n");
  CHECK(parsed(true, {frame(1, t1 + " " + t2 + " logged by the program\n")}) ==
        "O " + t1 + " " + t2 + " logged by the program\n");
  CHECK(parsed(true, {frame(1, std::string(50, 'y') + "\n")}) == "O  " + std::string(50, 'y') + "\n");
  CHECK(parsed(true, {frame(1, "\n"), frame(1, "a\nb\n")}) == "O  \nO  a\nO  b\n");
}

TEST_CASE("a line longer than 64 KiB comes in parts, cut between characters") {
  for (const std::size_t size : {65535u, 65536u, 65537u, 131072u, 200000u}) {
    CAPTURE(size);
    std::string bytes;
    for (std::size_t at = 0; at < size; at += 16384)
      bytes += frame(1, t1 + " " + std::string(std::min<std::size_t>(16384, size - at), 'x'));
    bytes += frame(1, t2 + " \n") + frame(1, t2 + " after\n");
    LogParser parser(true);
    std::vector<LogLine> lines;
    parser.take(bytes, [&](const LogLine& line) { return lines.push_back(line), true; });
    std::size_t sum = 0;
    REQUIRE(lines.size() == (size + LogParser::longest_line - 1) / LogParser::longest_line + 1);
    CHECK(lines.back().text == "after");
    lines.pop_back();
    for (const auto& line : lines) {
      CHECK(line.time == t1);
      CHECK(line.text.size() <= LogParser::longest_line);
      sum += line.text.size();
    }
    CHECK(sum == size);
  }
  std::string euros = "a";
  for (int i = 0; i < 40000; ++i) euros += "€";
  std::vector<LogLine> lines;
  LogParser whole(true);
  whole.take(frame(1, t1 + " " + euros + "\n"), [&](const LogLine& line) { return lines.push_back(line), true; });
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text.ends_with("€"));
  CHECK(lines[0].text + lines[1].text == euros);
}

TEST_CASE("a sink that has had enough gets nothing more") {
  LogParser parser(true);
  int calls = 0;
  const auto once = [&](const LogLine&) { return ++calls, false; };
  CHECK_FALSE(parser.take(frame(1, t1 + " a\n") + frame(1, t1 + " b\n"), once));
  CHECK_FALSE(parser.take(frame(1, t1 + " c\n"), once));
  CHECK_FALSE(parser.finish(once));
  CHECK(calls == 1);
}

TEST_CASE("a stream that was broken off inside a frame is taken up at a frame's start") {
  LogParser parser(true);
  std::vector<LogLine> lines;
  const auto sink = [&](const LogLine& line) { return lines.push_back(line), true; };
  parser.take(frame(1, t1 + " a\n") + frame(1, t2 + " b\n").substr(0, 20), sink);
  parser.resume();
  parser.take(frame(1, t2 + " b\n"), sink);
  CHECK(show(lines) == "O " + t1 + " a\nO " + t2 + " b\n");
  CHECK(parser.last_time() == t2);
}

TEST_CASE("how the bytes are cut into pieces makes no difference") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const bool framed = seed % 2 == 0;
    std::string bytes;
    for (int entries = 0; entries < 12; ++entries) {
      const std::string time = random() % 2 ? t1 : t2;
      std::string text(random() % 3 == 0 ? 16384 : random() % 100, static_cast<char>('a' + random() % 26));
      if (framed || text.size() < 16384) text += random() % 4 ? "\n" : framed ? "" : "\r\n";
      bytes += framed ? frame(1 + static_cast<int>(random() % 2), time + " " + text) : time + " " + text;
    }
    std::vector<LogLine> whole, cut;
    LogParser one(framed), other(framed);
    const auto to_whole = [&](const LogLine& line) { return whole.push_back(line), true; };
    const auto to_cut = [&](const LogLine& line) { return cut.push_back(line), true; };
    one.take(bytes, to_whole), one.finish(to_whole);
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = 1 + random() % (random() % 2 ? 12 : 9000);
      other.take(std::string_view(bytes).substr(at, size), to_cut);
      at += size;
    }
    other.finish(to_cut);
    REQUIRE(whole.size() > 0);
    REQUIRE(show(whole) == show(cut));
    for (std::size_t i = 0; i < whole.size(); ++i) REQUIRE(whole[i].text == cut[i].text);
  }
}

TEST_CASE("bytes that are no log do no harm") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    LogParser parser(seed % 2 == 0);
    const auto sink = [](const LogLine& line) { return line.text.size() <= LogParser::longest_line; };
    for (int i = 0; i < 20; ++i) {
      std::string piece(random() % 300, 0);
      for (char& c : piece) c = random() % 3 ? static_cast<char>(random()) : "\n 2-:T\x01\0"[random() % 9];
      REQUIRE(parser.take(piece, sink));
    }
    REQUIRE(parser.finish(sink));
  }
}
