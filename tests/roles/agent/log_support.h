#pragma once

#include <fstream>

#include "log_sender.h"
#include "logs/support.h"
#include "support.h"

namespace kontena::agent::test {

// A node whose containers write into files of the test's.
struct LogWorld : World {
  TempFolder logs_folder;
  TempFolder spool_folder;
  std::unique_ptr<LogSpool> spool;
  std::unique_ptr<LogCollector> collector;
  LogSpool::Limits spool_limits;
  LogLimits limits;
  std::uint64_t taken = 0;  // by the server, which knows what it has by its number

  LogWorld() { restart(); }

  // As after kill -9.
  void restart() {
    collector.reset();
    spool.reset();
    auto opened = LogSpool::open(spool_folder.path(), spool_limits, ids);
    REQUIRE(opened);
    spool = std::move(*opened);
    spool->acknowledge(taken);
    collector = std::make_unique<LogCollector>(context, *spool, limits);
  }

  std::string path_of(const std::string& container) { return logs_folder / (container + "-json.log"); }

  // Its instance runs, and its log is a file.
  std::string start_one(const std::string& instance, const std::string& service = "web", std::int64_t slot = 1) {
    assign({assignment(instance, service, slot)});
    settle();
    const std::string id = state.with([&](const State& s) { return s.seen.of_instance(instance)->id; });
    engine.log_places.with([&](auto& all) { all[id] = {.driver = "json-file", .path = path_of(id)}; });
    return id;
  }
  void write(const std::string& container, int from, int to) {
    std::ofstream file(path_of(container), std::ios::app);
    for (int i = from; i < to; ++i) file << logs::test::json_line("line " + std::to_string(i), i + 1);
  }
  // Passes until nothing is left to be read or written.
  void collect() {
    for (int i = 0; i < 20; ++i) {
      advance(Duration(1'100));
      collector->pass();
    }
  }
  // What waits in the spool; as the server would have it.
  std::vector<logs::Section> sent() {
    std::vector<logs::Section> all;
    std::uint64_t number = taken;
    for (auto waiting = spool->next(Duration(0)); waiting; waiting = spool->next(Duration(0))) {
      const auto batch = logs::decode(waiting->batch);
      REQUIRE(batch);
      CHECK(batch->number == waiting->number);
      CHECK(batch->number > number);
      CHECK(batch->spool == spool->id());
      number = batch->number;
      for (const logs::Section& section : batch->sections) all.push_back(section);
      spool->acknowledge(number);
      taken = number;
    }
    return all;
  }
  std::vector<std::string> lines(logs::Stream stream = logs::Stream::out) {
    std::vector<std::string> all;
    for (const logs::Section& section : sent())
      for (const logs::Line& line : section.lines)
        if (line.stream == stream) all.push_back(line.text);
    return all;
  }
};

inline std::vector<std::string> numbered_lines(int from, int to) {
  std::vector<std::string> lines;
  for (int i = from; i < to; ++i) lines.push_back("line " + std::to_string(i));
  return lines;
}

}  // namespace kontena::agent::test
