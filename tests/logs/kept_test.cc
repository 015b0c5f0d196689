#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "kontena/base/log.h"
#include "kontena/logs/kept.h"
#include "support/temp_folder.h"

using namespace kontena::logs;
using kontena::Code;
using kontena::TempFolder;

namespace {

constexpr std::int64_t second = 1'000'000'000;

struct Quiet {
  Quiet() { kontena::log::set_level(static_cast<kontena::log::Level>(4)); }
  ~Quiet() { kontena::log::set_level(kontena::log::Level::info); }
};

struct Shown {
  std::string service, instance, text;
  std::int64_t time_ns;
  std::uint64_t sequence;
  friend bool operator==(const Shown&, const Shown&) = default;
};

// A store of its own, and an agent that sends to it.
struct World {
  TempFolder folder;
  Kept::Options options{.folder = folder / "logs", .spare = 0};
  std::unique_ptr<Kept> kept = open();
  std::uint64_t number = 0;
  std::string spool = "spool1";

  std::unique_ptr<Kept> open() {
    auto opened = Kept::open(options);
    REQUIRE(opened);
    return *std::move(opened);
  }
  void restart() {
    kept.reset();
    kept = open();
  }
  static Line line(std::int64_t time_ns, std::string text, Stream stream = Stream::out) { return {.time_ns = time_ns, .stream = stream, .text = std::move(text)}; }
  static Section section(const std::string& service, std::int64_t slot, std::vector<Line> lines, const std::string& project = "p") {
    return {.instance = service + std::to_string(slot), .project = project, .stack = "s", .service = service, .slot = slot, .container = "c", .lines = std::move(lines)};
  }
  kontena::Result<std::uint64_t> add(std::vector<Section> sections, std::uint64_t as = 0) {
    Kept::From from{.node = "g/n1", .node_name = "n1"};
    for (const Section& each : sections) from.projects[each.project] = "g/" + each.project + "@1";
    Batch batch{.spool = spool, .number = as > 0 ? as : ++number, .sections = std::move(sections)};
    const std::string encoded = encode(batch);
    return kept->add(from, std::move(batch), encoded);
  }
  std::vector<Shown> read(Selection selection = {}) const {
    if (selection.project.empty()) selection.project = "g/p@1";
    std::vector<Shown> lines;
    REQUIRE(kept->read(selection, [&](const KeptLine& l) {
      lines.push_back({l.source.service, l.origin.instance, std::string(l.text), l.time_ns, l.sequence});
      return true;
    }));
    return lines;
  }
  std::vector<std::string> texts(Selection selection = {}) const {
    std::vector<std::string> all;
    for (const Shown& each : read(std::move(selection))) all.push_back(each.text);
    return all;
  }
  std::vector<std::filesystem::path> files(const char* of) const {
    std::vector<std::filesystem::path> all;
    for (const auto& each : std::filesystem::directory_iterator(options.folder + "/" + of)) all.push_back(each.path());
    std::ranges::sort(all);
    return all;
  }
};

// Text that does not pack well, of that many bytes.
std::string noise(std::size_t bytes, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < bytes) text += static_cast<char>('a' + random() % 26);
  return text;
}

std::shared_ptr<const Pattern> pattern(const std::string& expression) {
  auto compiled = Pattern::compile(expression);
  REQUIRE(compiled);
  return *compiled;
}

}  // namespace

TEST_CASE("lines of several services come by time, each instance's in its order, also after a restart") {
  World world;
  REQUIRE(world.add({World::section("web", 1, {World::line(1, "a"), World::line(5, "e")}), World::section("db", 1, {World::line(2, "b"), World::line(4, "d")})}));
  REQUIRE(world.add({World::section("web", 2, {World::line(3, "c")}), World::section("web", 1, {World::line(6, "f"), World::line(4, "clock set back"), World::line(7, "g")})}));
  const std::vector<std::string> all{"a", "b", "c", "d", "e", "f", "clock set back", "g"};
  CHECK(world.texts() == all);
  world.restart();
  CHECK(world.texts() == all);
  CHECK(world.texts({.of = {{"s", "db"}}}) == std::vector<std::string>{"b", "d"});
  CHECK(world.texts({.of = {{"s", "web", 2}}}) == std::vector<std::string>{"c"});
  CHECK(world.texts({.of = {{"s", "web", 2}, {"s", "db"}}}) == std::vector<std::string>{"b", "c", "d"});
  CHECK(world.texts({.of = {{"s"}}}).size() == 8);
  CHECK(world.texts({.of = {{"t"}}}).empty());
  CHECK(world.texts({.instance = "web2"}) == std::vector<std::string>{"c"});
  CHECK(world.texts({.since_ns = 4, .until_ns = 6}) == std::vector<std::string>{"d", "e", "clock set back"});
  CHECK(world.texts({.project = "g/other@1"}).empty());
  CHECK(world.texts({.may = [](const Source& s) { return s.service == "db"; }}) == std::vector<std::string>{"b", "d"});
  CHECK(world.texts({.tail = 1}) == std::vector<std::string>{"c", "d", "g"});  // of each slot
  CHECK(world.texts({.tail = 0}).empty());
  CHECK(world.texts({.after = 1}) == std::vector<std::string>{"c", "f", "clock set back", "g"});
  CHECK(world.texts({.up_to = 1}) == std::vector<std::string>{"a", "b", "d", "e"});
}

TEST_CASE("a batch that comes again is kept once, whatever was killed between") {
  World world;
  CHECK(*world.add({World::section("web", 1, {World::line(1, "a")})}, 1) == 1);
  CHECK(*world.add({World::section("web", 1, {World::line(1, "a")})}, 1) == 1);
  world.restart();
  CHECK(*world.add({World::section("web", 1, {World::line(1, "a")})}, 1) == 1);
  CHECK(*world.add({World::section("web", 1, {World::line(2, "b")})}, 2) == 2);
  CHECK(*world.add({World::section("web", 1, {World::line(1, "a")})}, 1) == 2);
  world.spool = "another";
  CHECK(*world.add({World::section("web", 1, {World::line(3, "c")})}, 1) == 1);
  CHECK(world.texts() == std::vector<std::string>{"a", "b", "c"});
  CHECK(world.kept->last("g/n1", "spool1") == 2);
  CHECK(world.kept->last("g/n2", "spool1") == 0);
}

TEST_CASE("a folder is one process's") {
  World world;
  CHECK(Kept::open(world.options).error().code == Code::failed_precondition);
}

TEST_CASE("what was moved to blocks is the same, and the journal stays bounded") {
  World world;
  world.options.journal = 256u << 10;
  world.options.in_memory = 512u << 10;
  world.restart();
  std::vector<std::string> expected;
  for (int batch = 0; batch < 120; ++batch) {
    std::vector<Section> sections;
    for (const int service : {0, 1, 2}) {
      if (service == 2 && batch % 40 != 0) continue;  // a quiet one
      std::vector<Line> lines;
      for (int i = 0; i < 40; ++i) {
        const std::string text = std::to_string(batch) + ' ' + std::to_string(i) + ' ' + std::to_string(service) + ' ' + noise(100, static_cast<std::uint32_t>(batch * 1000 + i));
        lines.push_back(World::line(batch * second + i * 3 + service, text));
        expected.push_back(text);
      }
      sections.push_back(World::section("s" + std::to_string(service), 1, std::move(lines)));
    }
    REQUIRE(world.add(std::move(sections)));
    if (batch % 50 == 49) world.restart();
  }
  const auto in_order = [&] {
    auto texts = world.texts();
    std::vector<std::string> sorted = expected;
    CHECK(texts.size() == sorted.size());
    std::ranges::sort(texts);
    std::ranges::sort(sorted);
    return texts == sorted;
  };
  CHECK(in_order());
  std::int64_t last = 0;
  for (const Shown& each : world.read()) {
    CHECK(each.time_ns >= last);
    last = each.time_ns;
  }
  std::uintmax_t journal = 0;
  for (const auto& file : world.files("journal")) journal += std::filesystem::file_size(file);
  CHECK(journal < 600u << 10);
  CHECK(world.files("blocks").size() > 2);
  CHECK(*world.add({World::section("s0", 1, {World::line(1, "again")})}, world.number) == world.number);
  world.restart();
  CHECK(in_order());
  CHECK(*world.add({World::section("s0", 1, {World::line(1, "again")})}, world.number) == world.number);
}

TEST_CASE("after a crash at any byte, what was acknowledged is there once, and what was not may come again") {
  const Quiet quiet;
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    World world;
    world.options.journal = 64u << 10;
    world.options.in_memory = 128u << 10;
    world.restart();
    for (int batch = 0; batch < 30; ++batch) {
      std::vector<Line> lines;
      for (int i = 0; i < 20; ++i) lines.push_back(World::line(batch * 100 + i, std::to_string(batch * 20 + i) + ' ' + noise(200, static_cast<std::uint32_t>(batch * 20 + i))));
      REQUIRE(world.add({World::section("web", 1, std::move(lines))}));
    }
    world.kept.reset();
    // The last record was being written, and perhaps the last block: it is not synced before the journal is shortened.
    const auto journal = world.files("journal").back();
    const auto size = std::filesystem::file_size(journal);
    const auto cut = std::min<std::uintmax_t>(size, random() % 6'000);
    std::filesystem::resize_file(journal, size - cut);
    world.kept = world.open();
    // The agent goes on from what it has heard, and sends the rest again.
    const std::uint64_t has = world.kept->last("g/n1", "spool1");
    for (std::uint64_t batch = has; batch < 30; ++batch) {
      std::vector<Line> lines;
      for (std::uint64_t i = 0; i < 20; ++i) lines.push_back(World::line(static_cast<std::int64_t>(batch * 100 + i), std::to_string(batch * 20 + i) + ' ' + noise(200, static_cast<std::uint32_t>(batch * 20 + i))));
      REQUIRE(world.add({World::section("web", 1, std::move(lines))}, batch + 1));
    }
    const auto texts = world.texts();
    REQUIRE(texts.size() == 600);
    for (std::size_t i = 0; i < texts.size(); ++i) REQUIRE(texts[i].starts_with(std::to_string(i) + ' '));
  }
}

TEST_CASE("a torn block is taken from the journal, a damaged one is told of") {
  const Quiet quiet;
  World world;
  for (int batch = 0; batch < 5; ++batch) REQUIRE(world.add({World::section("web", 1, {World::line(batch, std::to_string(batch) + noise(60'000, static_cast<std::uint32_t>(batch))), World::line(batch, std::to_string(batch) + noise(60'000, 99))})}));
  const auto before = world.texts();
  world.kept.reset();
  const auto block = world.files("blocks").back();
  SUBCASE("torn") {
    std::filesystem::resize_file(block, std::filesystem::file_size(block) - 10);
    world.kept = world.open();
    CHECK(world.texts() == before);
    world.restart();
    CHECK(world.texts() == before);
  }
  SUBCASE("damaged") {
    // Long after, when the journal has it no more.
    for (const auto& file : world.files("journal")) std::filesystem::remove(file);
    std::fstream file(block, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-10, std::ios::end);
    file.put('\0');
    file.close();
    world.kept = world.open();
    const auto texts = world.texts();
    REQUIRE(texts.size() == 1);
    CHECK(texts[0].find("lines are missing here") != std::string::npos);
  }
}

TEST_CASE("over its room a project loses the oldest of the service with most; others lose nothing") {
  World world;
  world.options.in_memory = 0;  // every batch a block
  world.restart();
  const std::map<std::string, Kept::Room> rooms{{"g/p@1", {.bytes = 1u << 20}}, {"g/q@1", {.bytes = 1u << 20}}};
  world.kept->tidy(rooms, 0);
  REQUIRE(world.add({World::section("quiet", 1, {World::line(1, "the only line")})}));
  REQUIRE(world.add({World::section("other", 1, {World::line(1, "not mine")}, "q")}));
  for (int i = 0; i < 100; ++i) REQUIRE(world.add({World::section("noisy", 1, {World::line(i, std::to_string(i) + noise(60'000, static_cast<std::uint32_t>(i)))})}));
  std::uint64_t bytes = 0;
  for (const auto& [source, use] : world.kept->use("g/p@1")) bytes += use.bytes;
  CHECK(bytes <= 1u << 20);
  CHECK(bytes > 700'000);
  CHECK(world.texts({.of = {{"s", "quiet"}}}).size() == 1);
  CHECK(world.texts({.project = "g/q@1"}).size() == 1);
  const auto noisy = world.texts({.of = {{"s", "noisy"}}});
  REQUIRE(noisy.size() > 10);
  CHECK(noisy.back().starts_with("99"));
  CHECK(noisy.size() < 40);
}

TEST_CASE("what is too old goes, and what belongs to no project any more") {
  World world;
  world.options.in_memory = 0;
  world.restart();
  world.kept->tidy({{"g/p@1", {.age_ns = 1'600 * second}}}, 0);
  for (int i = 0; i < 40; ++i) REQUIRE(world.add({World::section("web", 1, {World::line(i * 100 * second, std::to_string(i))})}));
  world.kept->tidy({{"g/p@1", {.age_ns = 1'600 * second}}}, 4'000 * second);
  const auto texts = world.texts();
  CHECK(texts.back() == "39");
  CHECK(texts.size() >= 16);
  CHECK(texts.size() <= 19);
  world.kept->tidy({}, 4'000 * second);
  CHECK(world.texts().empty());
  CHECK(world.files("blocks").empty());
}

TEST_CASE("who follows gets every batch once, and is told what it has missed") {
  World world;
  REQUIRE(world.add({World::section("web", 1, {World::line(1, "a")})}));
  CHECK(world.kept->newest() == 1);
  CHECK(world.kept->wait(1, std::chrono::milliseconds(1)).batches.empty());
  std::jthread later([&] { REQUIRE(world.add({World::section("web", 1, {World::line(2, "b")})})); });
  const auto news = world.kept->wait(1, std::chrono::seconds(20));
  REQUIRE(news.batches.size() == 1);
  CHECK(news.batches[0]->batch.sections[0].lines[0].text == "b");
  CHECK(news.batches[0]->sequence == 2);
  later.join();
  CHECK(world.kept->wait(0, {}).batches.size() == 2);
  world.restart();
  CHECK(world.kept->newest() == 2);
  CHECK(world.kept->wait(0, {}).missed);
  CHECK_FALSE(world.kept->wait(2, {}).missed);
  CHECK(world.texts({.after = 1}) == std::vector<std::string>{"b"});
}

TEST_CASE("searching finds what a look at each line does, with any pattern and over blocks") {
  World world;
  world.options.in_memory = 64u << 10;
  world.restart();
  std::mt19937 random(3);
  const std::vector<std::string> words{"GET", "POST", "/index.html", "error", "took 12ms", "a.b", "(x)", "", "user=7", "[warn]"};
  std::vector<std::string> all;
  for (int batch = 0; batch < 40; ++batch) {
    std::vector<Line> lines;
    for (int i = 0; i < 100; ++i) {
      std::string text;
      for (int w = 0; w < 3; ++w) text += words[random() % words.size()] + ' ';
      all.push_back(text);
      lines.push_back(World::line(batch * 1000 + i, text));
    }
    REQUIRE(world.add({World::section("web", 1, std::move(lines))}));
  }
  for (const char* expression : {"error", "GET|POST", "took [0-9]+ms", "^GET .*error", "a\\.b", "\\(x\\)", "user=7?", "\\[warn\\] $", "er{1,2}or", "(GET )+POST", "x*", "html", "nothing like it", "[]]"}) {
    CAPTURE(expression);
    const auto wanted = pattern(expression);
    std::vector<std::string> expected;
    std::ranges::copy_if(all, std::back_inserter(expected), [&](const std::string& text) { return wanted->matches(text); });
    CHECK(world.texts({.pattern = wanted}) == expected);
    const auto last = world.texts({.pattern = wanted, .tail = 5});
    CHECK(last == std::vector<std::string>(expected.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(5, expected.size())), expected.end()));
  }
}

TEST_CASE("a pattern's literal is in all that it matches") {
  CHECK(pattern("took [0-9]+ms")->literal() == "took ");
  CHECK(pattern("error")->is_literal());
  CHECK(pattern("a\\.b")->is_literal());
  CHECK(pattern("colou?r")->literal() == "colo");
  CHECK(pattern("GET|POST")->literal().empty());
  CHECK(pattern("(GET|POST) /index")->literal() == " /index");
  CHECK(pattern("ab*cd")->literal() == "cd");
  CHECK(pattern("ab{0,3}cd")->literal() == "cd");
  CHECK(pattern("x[[:digit:]]+yz")->literal() == "yz");
  CHECK(pattern("lo+ng")->matches("looong"));
  CHECK(pattern("\\bword")->matches("a word"));
  CHECK(pattern("^$")->matches(""));
  CHECK_FALSE(pattern("^a$")->matches("ab"));
  std::mt19937 random(11);
  const std::string alphabet = "ab.*+?()[]|\\^${1}";
  int compiled = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string expression, text;
    for (std::uint32_t n = 1 + random() % 8; n > 0; --n) expression += alphabet[random() % alphabet.size()];
    for (std::uint32_t n = random() % 8; n > 0; --n) text += alphabet[random() % alphabet.size()];
    const auto found = Pattern::compile(expression);
    if (!found) continue;
    ++compiled;
    if ((*found)->literal().empty()) continue;
    // The same as a group has no literal: what the expression itself says.
    const auto plain = Pattern::compile("(" + expression + ")");
    if (!plain) continue;
    CAPTURE(expression);
    CAPTURE(text);
    CHECK((*found)->matches(text) == (*plain)->matches(text));
  }
  CHECK(compiled > 3'000);
}

TEST_CASE("a pattern that would cost without bound is refused") {
  for (const char* expression : {"", "(a)\\1", "((a{1,255}){1,255}){1,255}", "a{2000}", "(", "a)", "[a"}) {
    CAPTURE(expression);
    const auto refused = Pattern::compile(expression);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::invalid_argument);
  }
  CHECK_FALSE(Pattern::compile(std::string(Pattern::longest + 1, 'a')));
}
