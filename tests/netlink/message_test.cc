#include "../../src/netlink/message.h"

#include <doctest/doctest.h>
#include <linux/netlink.h>

#include <random>

#include "kontena/base/text.h"
#include "kontena/netlink/links.h"

using namespace kontena;
using namespace kontena::netlink;

TEST_CASE("a message is laid out as the kernel reads it") {
  Message message(16, 5);
  message.put_u16(1, 0x0102).put_text(2, "lo").put_ipv4(3, 0x0a000001);
  const auto nest = message.open(4);
  message.put_u8(5, 7);
  message.close(nest);
  CHECK(text::hex(message.bytes(9)) ==
        "340000001000050009000000"
        "00000000"
        "0600010002010000"
        "070002006c6f0000"
        "080003000a000001"
        "0c00048005000500"
        "07000000");
}

TEST_CASE("attributes are read back, and what is malformed ends them") {
  Message message(16, 0);
  message.put_u32(1, 70'000).put_text(2, "kontena0").put_ipv4(3, 0x0a500001);
  const std::string bytes = message.bytes(1);
  const auto found = attributes(std::string_view(bytes).substr(NLMSG_HDRLEN));
  REQUIRE(found.size() == 3);
  CHECK(found[0].number<std::uint32_t>() == 70'000);
  CHECK_FALSE(found[0].number<std::uint64_t>());
  CHECK(found[1].text() == "kontena0");
  CHECK(found[2].ipv4() == 0x0a500001);
  for (unsigned seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string wrong = bytes.substr(NLMSG_HDRLEN, random() % bytes.size());
    for (unsigned i = 0; i < seed % 4 && !wrong.empty(); ++i)
      wrong[random() % wrong.size()] = static_cast<char>(random());
    std::size_t sum = 0;
    for (const Attribute& attribute : attributes(wrong)) sum += attribute.value.size();
    REQUIRE(sum <= wrong.size());
  }
}

TEST_CASE("names of links are those that the kernel takes") {
  CHECK(is_link_name("kontena0"));
  CHECK(is_link_name("eth0.100"));
  CHECK(is_link_name("fifteen-letters"));
  for (const char* wrong : {"", ".", "..", "a/b", "a b", "a:1", "sixteen-letters-", "a\n"}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_link_name(wrong));
  }
}
