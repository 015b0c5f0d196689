// Frames, however they are cut or damaged; and the two ends of a channel with their credit.
#include <doctest/doctest.h>

#include <random>
#include <thread>
#include <vector>

#include "kontena/channel/end.h"

namespace kontena::channel {
namespace {

// Carries what one end says to the other until neither has anything to say.
void carry(End& a, End& b) {
  for (bool any = true; any;) {
    any = false;
    for (auto [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      const std::string said = from->next(Duration(0));
      if (said.empty() || said == frame(Kind::beat)) continue;
      to->take(said);
      any = true;
    }
  }
}

}  // namespace

TEST_CASE("frames are the same however their bytes are cut") {
  const std::vector<Frame> all{{Kind::beat, ""},
                               {Kind::input, "x"},
                               {Kind::output, std::string(most_data, 'y')},
                               {Kind::end, ""},
                               {Kind::credit, number_text(70'000)},
                               {Kind::signal, "INT"},
                               {Kind::resize, size_text(24, 80)},
                               {Kind::ready, ""},
                               {Kind::exit, number_text(137)},
                               {Kind::failed, failure_text({Code::not_found, "no such thing", "look"})}};
  std::string text;
  for (const Frame& one : all) append(text, one.kind, one.bytes);
  for (unsigned seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Cutter cutter;
    std::vector<Frame> got;
    std::string again;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random() % (seed % 2 == 0 ? 7u : 40'000u);
      REQUIRE(cutter.take(std::string_view(text).substr(at, size), [&](Kind kind, std::string_view bytes, std::string_view whole) {
        got.push_back({kind, std::string(bytes)});
        again += whole;
      }));
      at += size;
    }
    CHECK(got == all);
    CHECK(again == text);
  }
}

TEST_CASE("damaged frames are refused, and nothing is kept for a length that is a lie") {
  const auto refused = [](const std::string& bytes) {
    Cutter cutter;
    const Status taken = cutter.take(bytes, [](Kind, std::string_view, std::string_view) {});
    return !taken && taken.error().code == Code::corrupt;
  };
  using namespace std::string_literals;
  CHECK(refused("\x0b\0\0\0"s));           // no such kind
  CHECK(refused("\xff\xff\xff\xff"s));
  CHECK(refused("\x01\xff\xff\xff"s));     // 16 MiB of input
  CHECK(refused("\x01\x01\0\x01"s));       // one byte too many
  CHECK(refused("\x01\0\0\0"s));           // input of nothing
  CHECK(refused("\x05\0\0\x03"s));         // credit of three bytes
  CHECK(refused("\0\0\0\x01z"s));          // a beat with something in it
  CHECK(refused("\x06\0\0\x20"s));         // a long signal
  CHECK(refused(frame(Kind::input, "a") + "\x0b\0\0\0"s));
  Cutter cut;
  CHECK(cut.take("\x01\0"s, [](Kind, std::string_view, std::string_view) {}));  // broken off is no error yet
  for (unsigned seed = 0; seed < 2'000; ++seed) {  // noise neither crashes nor grows
    std::mt19937 random(seed);
    std::string noise(random() % 300, '\0');
    for (char& c : noise) c = static_cast<char>(random() % (seed % 3 == 0 ? 12 : 256));
    Cutter cutter;
    for (const char c : noise)
      if (!cutter.take({&c, 1}, [](Kind, std::string_view, std::string_view) {})) break;
  }
}

TEST_CASE("errors go through as they are, and what is none is one all the same") {
  const Error error = failure_in(failure_text({Code::unavailable, "gone", "try\nagain"}));
  CHECK(error.code == Code::unavailable);
  CHECK(error.message == "gone");
  CHECK(error.hint == "try again");
  CHECK(failure_in("nonsense").code == Code::corrupt);
  CHECK(failure_text({Code::internal, std::string(100'000, 'x'), std::string(100'000, 'y')}).size() < (16u << 10));
}

TEST_CASE("who reads nothing holds up who writes to them, after the window, and what is said goes past") {
  End a, b;
  std::jthread writer([&] { CHECK(a.send(Kind::input, std::string(3 * window, 'x'))); });
  std::size_t got = 0;
  // Nothing is taken: no more than a window comes.
  for (int round = 0; round < 200 && got < window; ++round) {
    const std::string said = a.next(Duration(20));
    REQUIRE(b.take(said));
    got += said.size();
  }
  CHECK(got >= window);
  CHECK(a.next(Duration(50)) == frame(Kind::beat));
  a.say(Kind::end);  // is not bytes
  CHECK(a.next(Duration(0)) == frame(Kind::end));
  // Then all of it, as it is taken.
  std::size_t taken = 0;
  for (int round = 0; round < 10'000 && taken < 3 * window; ++round) {
    if (const auto one = b.receive(Duration(10)); one && is_data(one->kind)) taken += one->bytes.size();
    carry(a, b);
  }
  CHECK(taken == 3 * window);
}

TEST_CASE("signals and sizes pass bytes that wait") {
  std::vector<Frame> heard;
  End a, b([&](const Frame& one) { heard.push_back(one); });
  a.send(Kind::input, "bytes");
  a.say(Kind::signal, "TERM");
  carry(a, b);
  CHECK(heard == std::vector<Frame>{{Kind::signal, "TERM"}});
  CHECK(b.receive(Duration(0)) == Frame{Kind::input, "bytes"});
}

TEST_CASE("what came before a connection broke is received; more credit than there is breaks it") {
  End a;
  a.take(frame(Kind::output, "last words"));
  a.broke({Code::unavailable, "gone"});
  a.broke({Code::internal, "again"});
  CHECK_FALSE(a.over());
  CHECK(a.receive(Duration(0)) == Frame{Kind::output, "last words"});
  CHECK(a.over());
  CHECK(a.why()->message == "gone");
  CHECK_FALSE(a.send(Kind::input, "x"));
  CHECK(a.next(Duration(0)).empty());

  End greedy;
  CHECK_FALSE(greedy.take(frame(Kind::credit, number_text(1))));
  CHECK(greedy.why()->code == Code::corrupt);
  End flooded;
  bool goes_on = true;
  for (std::size_t i = 0; i <= window / most_data; ++i) goes_on = flooded.take(frame(Kind::input, std::string(most_data, 'x')));
  CHECK_FALSE(goes_on);
}

TEST_CASE("a closed end still sends what it said, and takes no more") {
  End a;
  a.say(Kind::exit, number_text(3));
  a.close();
  CHECK(a.over());
  CHECK_FALSE(a.take(frame(Kind::input, "x")));
  // The other way ends first: what was said is still sent.
  a.broke({Code::unavailable, "gone"});
  CHECK(a.next(Duration(0)) == frame(Kind::exit, number_text(3)));
  CHECK(a.next(Duration(0)).empty());
}

}  // namespace kontena::channel
