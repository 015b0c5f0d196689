#include "kontena/dns/resolv.h"

#include <doctest/doctest.h>

#include <fstream>

#include "kontena/base/files.h"
#include "support/temp_folder.h"

namespace kontena::dns {
namespace {

std::vector<std::string> servers(const Resolv& resolv) {
  std::vector<std::string> out;
  for (const Endpoint& server : resolv.nameservers) out.push_back(to_text(server.address));
  return out;
}
using Texts = std::vector<std::string>;

TEST_CASE("resolv.conf is read as resolv.conf(5) says") {
  const Resolv resolv = parse_resolv(
      "# nameserver 9.9.9.9\n; nameserver 9.9.9.8\n"
      "domain old.test\nnameserver\t1.2.3.4 # first\r\nnameserver  1.2.3.5\n"
      "search Corp.Example. lab.example\noptions edns0 ndots:3 trust-ad\nsortlist 1.1.1.1\nnameserver\n",
      {});
  CHECK(servers(resolv) == Texts{"1.2.3.4", "1.2.3.5"});
  CHECK(resolv.search == Texts{"corp.example", "lab.example"});
  CHECK(resolv.ndots == 3);
  CHECK(resolv.skipped.empty());
  CHECK(resolv.nameservers[0].port == 53);
}

TEST_CASE("at most three servers, none twice, none that is ours, none that we cannot ask; and it is said") {
  const Ipv4 own[] = {*parse_ipv4("10.80.16.1")};
  const Resolv resolv = parse_resolv(
      "nameserver 10.80.16.1\nnameserver fe80::1%eth0\nnameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 0.0.0.0\n"
      "nameserver 127.0.0.53\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver x\n",
      own);
  CHECK(servers(resolv) == Texts{"1.1.1.1", "127.0.0.53", "2.2.2.2"});
  CHECK(resolv.skipped == Texts{"10.80.16.1", "fe80::1%eth0", "0.0.0.0", "3.3.3.3", "x"});
}

TEST_CASE("nonsense is passed over") {
  CHECK(parse_resolv("", {}) == Resolv{});
  CHECK(parse_resolv("options ndots:99\n", {}).ndots == 15);
  CHECK(parse_resolv("options ndots:-1 ndots: ndots:x\n", {}).ndots == 1);
  CHECK(parse_resolv("search a\ndomain b.c d\n", {}).search == Texts{"b.c"});
  CHECK(parse_resolv(std::string(3000, '\0') + "\n\n\n", {}) == Resolv{});
}

TEST_CASE("the file is read again when it has changed, also by a rename, and an absent one is empty") {
  const TempFolder folder;
  const std::string path = folder.path() + "/resolv.conf";
  ResolvFile file(path);
  CHECK(file.changed() == "");
  CHECK_FALSE(file.changed());
  REQUIRE(files::write(path, "nameserver 1.1.1.1\n", 0644));
  CHECK(file.changed() == "nameserver 1.1.1.1\n");
  CHECK_FALSE(file.changed());
  REQUIRE(files::write(path, "nameserver 2.2.2.2\n", 0644));
  CHECK(file.changed() == "nameserver 2.2.2.2\n");
  REQUIRE(files::remove(path));
  CHECK(file.changed() == "");
}

}  // namespace
}  // namespace kontena::dns
