#include <doctest/doctest.h>

#include "canned.h"
#include "records.h"

namespace kontena::client {
namespace {

using canned::in_project;

const std::string logs_path = "GET " + in_project + "/logs";

std::string line(const std::string& service, int slot, const std::string& time, const std::string& text) {
  return R"({"instance":")" + service + R"(x","node":"n1","service":")" + service + R"(","slot":)" + std::to_string(slot) +
         R"(,"stack":"shop","stream":"stdout","text":")" + text + R"(","time":")" + time + "\"}\n";
}
const std::string beat = "{}\n";
std::string upto(int mark) { return "{\"upto\":" + std::to_string(mark) + "}\n"; }
std::string mark(int mark) { return "{\"mark\":" + std::to_string(mark) + "}\n"; }

const std::string first = line("worker", 12, "2026-11-22T09:00:01.500000000Z", "first");
const std::string second = line("web", 1, "2026-11-22T09:00:02.000000000Z", "second");
const std::string third = line("web", 1, "2026-11-22T09:00:02.000000001Z", "");

const Error reset{Code::unavailable, "connection reset"};

}  // namespace

TEST_CASE("logs are printed as the server orders them, each line with its instance") {
  canned::World world;
  world.answer(logs_path + "?of=shop", upto(7) + first + beat + second + third);
  CHECK(world.run({"logs", "shop"}).out == "worker-12 | first\nweb-1     | second\nweb-1     | \n");
  CHECK(world.run({"logs", "shop", "--no-prefix", "--timestamps"}).out ==
        "2026-11-22T09:00:01.500000000Z first\n2026-11-22T09:00:02.000000000Z second\n2026-11-22T09:00:02.000000001Z \n");
  CHECK(world.run({"logs", "shop", "--format", "jsonl"}).out == first + second + third);
  CHECK(world.run({"logs", "shop", "--json"}).status == 2);
  world.answer(logs_path, upto(7) + first + second);
  CHECK(world.run({"logs"}).out == "shop/worker-12 | first\nshop/web-1     | second\n");
  world.answer(logs_path + "?of=shop%2Fweb%2Cblog", upto(7) + second);
}

TEST_CASE("what is asked for goes to the server") {
  canned::World world;
  world.answer(logs_path + "?grep=a%2B&node=n1&of=shop%2Cblog%2Fdb-2&stream=stderr&tail=5", upto(1));
  CHECK(world.run({"logs", "shop", "blog/db-2", "--grep", "a+", "--node", "n1", "--stream", "stderr", "--tail", "5"}).status == 0);
  CHECK(world.run({"logs", "--stream", "both"}).status == 2);
}

TEST_CASE("a stream that breaks off goes on where it was, with no line twice and none left out") {
  canned::World world;
  world.add(logs_path + "?follow=true&of=shop&tail=5", {.body = upto(7) + first + second, .broken = reset});
  world.add(logs_path + "?follow=true&of=shop&tail=5&upto=7", {.body = upto(7) + first + second + third + mark(7) + line("web", 1, "2026-11-22T09:00:03Z", "fourth"), .broken = reset});
  world.add(logs_path + "?after=7&follow=true&of=shop", {.body = upto(8) + line("web", 1, "2026-11-22T09:00:03Z", "fourth") + mark(8) + line("web", 1, "2026-11-22T09:00:04Z", "fifth") + mark(9) + beat + "{\"error\":\"you may not read logs here any more\"}\n"});
  const auto ran = world.run({"logs", "-f", "shop", "--tail", "5", "--no-prefix"});
  CHECK(ran.out == "first\nsecond\n\nfourth\nfifth\n");
  CHECK(ran.err.find("the logs broke off: connection reset; they go on when the server is back") != std::string::npos);
  CHECK(ran.err.find("you may not read logs here any more") != std::string::npos);
  CHECK(ran.status == 6);
}

TEST_CASE("a server that never answered, and one that refuses, end it") {
  canned::World world;
  world.add(logs_path + "?follow=true&of=shop", {.body = "", .broken = reset});
  const auto ran = world.run({"logs", "-f", "shop"});
  CHECK(ran.status == 7);
  CHECK(ran.err == "kontena: the logs broke off: connection reset\n");
}

TEST_CASE("what may be missing is told once, beside the lines") {
  canned::World world;
  const std::string warning = "{\"node\":\"n3\",\"warning\":\"node 'n3' does not answer: its newest lines come when it is back\"}\n";
  world.answer(logs_path + "?of=shop", upto(3) + warning + second + warning);
  const auto ran = world.run({"logs", "shop"});
  CHECK(ran.out == "web-1 | second\n");
  CHECK(ran.err == "warning: node 'n3' does not answer: its newest lines come when it is back\n");
  CHECK(ran.status == 0);
}

TEST_CASE("--since takes a time to look back or a point in time") {
  canned::World world;
  world.answer(logs_path + "?since=" + std::to_string(world.ago(600)), "");
  world.answer(logs_path + "?since=1795338000000", "");
  CHECK(world.run({"logs", "--since", "10m"}).status == 0);
  CHECK(world.run({"logs", "--since", "2026-11-22T09:00:00Z"}).status == 0);
  CHECK(world.run({"logs", "--since", "yesterday"}).status == 2);
  CHECK(world.run({"logs", "--tail", "many"}).status == 2);
}

TEST_CASE("records come out of a stream however it is cut") {
  const std::string all = first + beat + second;
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    RecordReader reader;
    std::string texts;
    const auto use = [&](const api::LogLine& record, std::string_view) { texts += record.text + '|'; };
    CHECK(reader.feed(std::string_view(all).substr(0, cut), use));
    CHECK(reader.feed(std::string_view(all).substr(cut), use));
    CHECK(texts == "first||second|");
  }
  RecordReader reader;
  CHECK(!reader.feed("<html>\n", [](const auto&, auto) {}));
}

}  // namespace kontena::client
