#include "kontena/stats/parse.h"

#include <doctest/doctest.h>

namespace kontena::stats {

TEST_CASE("the first number is taken, and what is no limit is 0") {
  CHECK(number("4096\n") == 4096);
  CHECK(number("max\n") == 0);
  CHECK(number("9223372036854771712\n") == 0);
  for (const char* text : {"", "\n", "abc", "12x", "-4", "99999999999999999999"}) CHECK_MESSAGE(!number(text), text);
}

TEST_CASE("a key's value is found among others, also with a colon") {
  const char* text = "usage_usec 12\nnr_throttled 3\nthrottled_usec 45\n";
  CHECK(keyed(text, "throttled_usec") == 45);
  CHECK(!keyed(text, "throttled"));
  CHECK(keyed("MemTotal:       16300 kB\nMemAvailable:    100 kB\n", "MemAvailable") == 100);
  CHECK(!keyed("oom_kill\n", "oom_kill"));
  CHECK(!keyed("oom_kill x", "oom_kill"));
}

TEST_CASE("controllers have their paths, also those that share one") {
  const auto paths = cgroup_paths("5:cpu,cpuacct:/docker/a\n4:memory:/docker/b\n0::/docker/c\nbroken\n3:x\n2:pids:relative\n1:blkio:/../up\n");
  CHECK(paths.find("cpu")->second == "/docker/a");
  CHECK(paths.find("cpuacct")->second == "/docker/a");
  CHECK(paths.find("memory")->second == "/docker/b");
  CHECK(paths.find("")->second == "/docker/c");
  CHECK(paths.size() == 4);
}

TEST_CASE("bytes of block devices are summed, of both kinds of cgroups") {
  CHECK(block_bytes_v1("8:0 Read 100\n8:0 Write 20\n8:0 Sync 7\n8:16 Read 1\nTotal 121\n") == Moved{101, 20});
  CHECK(block_bytes_v2("8:0 rbytes=100 wbytes=20 rios=1 wios=2\n8:16 rbytes=1 wbytes=\n") == Moved{101, 20});
  CHECK(block_bytes_v1("8:0 Read\n8:0\nRead 5\n") == Moved{});
  CHECK(block_bytes_v1("8:0 Read 9223372036854775807\n8:1 Read 9223372036854775807\n").in == 9223372036854775807);
}

TEST_CASE("bytes of the network are those of all devices but lo, of a host but those of containers") {
  const char* text =
      "Inter-|   Receive\n face |bytes    packets\n    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n"
      "  eth0:1000 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0\nveth1: 5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0\n  eth1: 7 1\n";
  CHECK(network_bytes(text, false) == Moved{1005, 206});
  CHECK(network_bytes(text, true) == Moved{1000, 200});
  CHECK(network_bytes("eth0", false) == Moved{});
}

TEST_CASE("the host's processors and load") {
  CHECK(busy_ticks("cpu  1 2 4 1000 2000 8 16 32 0 0\ncpu0 1 2 3\n") == 63);
  CHECK(!busy_ticks("cpu  1 2 4\n"));
  CHECK(!busy_ticks(""));
  CHECK(load_milli("1.25 0.5 0.1 1/100 123\n") == 1250);
  for (const char* text : {"", "1", "1.2 ", "x.25 ", "99999999.00 "}) CHECK_MESSAGE(!load_milli(text), text);
}

TEST_CASE("whatever a text is cut to, nothing goes wrong") {
  const std::string text = "8:0 rbytes=100 wbytes=20\n1:cpu,memory:/a/b\neth0: 1 2 3 4 5 6 7 8 9 10\ncpu 1 2 3 4 5 6 7 8\n";
  for (std::size_t from = 0; from < text.size(); ++from)
    for (std::size_t size = 0; from + size <= text.size(); size += 3) {
      const std::string_view part = std::string_view(text).substr(from, size);
      CHECK(block_bytes_v2(part).in >= 0);
      CHECK(block_bytes_v1(part).in >= 0);
      CHECK(network_bytes(part, true).in >= 0);
      CHECK(busy_ticks(part).value_or(0) >= 0);
      CHECK(load_milli(part).value_or(0) >= 0);
      for (const auto& [controller, path] : cgroup_paths(part)) CHECK(path.front() == '/');
    }
}

}  // namespace kontena::stats
