#include <doctest/doctest.h>

#include "canned.h"
#include "records.h"

namespace kontena::client {
namespace {

using canned::in_project;

const std::string logs_path = "GET " + in_project + "/logs";

std::string line(const std::string& service, int slot, const std::string& time, const std::string& text,
                 const std::string& error = "") {
  return codec::to_json(api::LogRecord{service + std::to_string(slot), "shop", service, slot, "n1", time,
                                       error.empty() ? "stdout" : "", text, error}) +
         '\n';
}
const std::string beat = codec::to_json(api::LogRecord{}) + '\n';

const std::string two_instances = line("web", 1, "2026-11-22T09:00:02Z", "second\n") + beat +
                                  line("worker", 12, "2026-11-22T09:00:01.5Z", "first") +
                                  line("web", 1, "2026-11-22T09:00:02.000000001Z", "");

}  // namespace

TEST_CASE("logs are printed in order of time, each line with its instance") {
  canned::World world;
  world.answer(logs_path + "?stack=shop", two_instances);
  CHECK(world.run({"logs", "shop"}).out == "worker-12 | first\nweb-1     | second\nweb-1     | \n");
  CHECK(world.run({"logs", "shop", "--no-prefix", "--timestamps"}).out ==
        "2026-11-22T09:00:01.5Z first\n2026-11-22T09:00:02Z second\n2026-11-22T09:00:02.000000001Z \n");
  CHECK(world.run({"logs", "shop", "--format", "jsonl"}).out ==
        line("worker", 12, "2026-11-22T09:00:01.5Z", "first") + line("web", 1, "2026-11-22T09:00:02Z", "second\n") +
            line("web", 1, "2026-11-22T09:00:02.000000001Z", ""));
  CHECK(world.run({"logs", "shop", "--json"}).status == 2);
  world.answer(logs_path, two_instances);
  CHECK(world.run({"logs"}).out.starts_with("shop/worker-12 | first\n"));
}

TEST_CASE("following prints as it comes, and a stream that breaks off exits with 7") {
  canned::World world;
  world.add(logs_path + "?follow=true&stack=shop&tail=5",
            {.body = two_instances, .broken = Error{Code::unavailable, "connection reset"}});
  const auto ran = world.run({"logs", "-f", "shop", "--tail", "5"});
  CHECK(ran.out == "web-1 | second\nworker-12 | first\nweb-1     | \n");
  CHECK(ran.err == "kontena: the log stream broke off: connection reset\n");
  CHECK(ran.status == 7);
}

TEST_CASE("an instance whose log cannot be had is told of, and the rest is printed") {
  canned::World world;
  world.answer(logs_path + "?stack=shop",
               line("web", 1, "", "", "its node n3 does not answer") + line("web", 2, "2026-11-22T09:00:02Z", "here"));
  const auto ran = world.run({"logs", "shop"});
  CHECK(ran.out == "web-2 | here\n");
  CHECK(ran.err == "warning: web-1 on n1: its node n3 does not answer\n");
  CHECK(ran.status == 7);
}

TEST_CASE("one instance is named by its service and number, and a service of that name goes before") {
  canned::World world;
  auto one = canned::instance("web", 2, "n1"), other = canned::instance("api-2", 1, "n1");
  world.answer_with("GET " + in_project + "/instances?stack=shop", api::InstanceList{1, {one, other}});
  world.answer_with("GET " + in_project + "/services?stack=shop", api::ServiceList{{{.name = "job-7"}}});
  world.answer(logs_path + "?instance=web2&service=web&stack=shop", "");
  world.answer(logs_path + "?service=api-2&stack=shop", "");
  world.answer(logs_path + "?service=job-7&stack=shop", "");
  CHECK(world.run({"logs", "shop/web-2"}).status == 0);
  CHECK(world.run({"logs", "shop/api-2"}).status == 0);
  CHECK(world.run({"logs", "shop/job-7"}).status == 0);
  const auto none = world.run({"logs", "shop/web-9"});
  CHECK(none.status == 4);
  CHECK(none.err.find("kontena client ps shop") != std::string::npos);
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
  const std::string all = two_instances;
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    RecordReader reader;
    std::string texts;
    const auto use = [&](const api::LogRecord& record, std::string_view) { texts += record.text + '|'; };
    CHECK(reader.feed(std::string_view(all).substr(0, cut), use));
    CHECK(reader.feed(std::string_view(all).substr(cut), use));
    CHECK(texts == "second\n|first||");
  }
  RecordReader reader;
  CHECK(!reader.feed("<html>\n", [](const auto&, auto) {}));
}

}  // namespace kontena::client
