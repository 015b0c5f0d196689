// What the agent spends on logs: from Docker's files, and through its API, which is the way of others.
//
//   log_bench make FILE json-file|local LINES     a file as Docker writes it, of lines of 120 bytes
//   log_bench files FILE json-file|local FOLDER   reads it into a spool in FOLDER, as the agent does
//   log_bench engine SOCKET CONTAINER             reads a container's log through the engine
//   log_bench dump FOLDER                         the lines that wait in a spool (that nobody uses): INSTANCE STREAM TEXT
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "kontena/engine/open.h"
#include "log_rate.h"
#include "log_source.h"
#include "log_spool.h"
#include "logs/support.h"

using namespace kontena;
using namespace kontena::agent;

namespace {

constexpr std::size_t turn = 128u << 10;
constexpr std::size_t batch_bytes = 1u << 20;

struct Spent {
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();

  static double cpu() {
    struct rusage used {};
    ::getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  }
  void print(const char* what, std::uint64_t lines) const {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    std::printf("%s: %llu lines, %.3f s of CPU, %.3f s; %.3f s of CPU a million\n", what, static_cast<unsigned long long>(lines), cpu(), seconds,
                cpu() / static_cast<double>(lines) * 1e6);
  }
};

int fail(const std::string& message) {
  std::fprintf(stderr, "log_bench: %s\n", message.c_str());
  return 1;
}

int make(const std::string& path, const std::string& driver, int lines) {
  std::ofstream file(path, std::ios::binary);
  for (int i = 0; i < lines; ++i) {
    std::string text = "line " + std::to_string(i) + " 10.80.16." + std::to_string(i * 7919 % 251) + " GET /things/" + std::to_string(i * 104729 % 99991) + " 200 ";
    while (text.size() < 120) text += static_cast<char>('a' + (i * 31 + static_cast<int>(text.size()) * 17) % 26);
    const std::int64_t time_ns = std::int64_t{1'795'340'905} * 1'000'000'000 + i * std::int64_t{10'000};
    file << (driver == "local" ? logs::test::local_record(text, time_ns) : logs::test::json_line(text, time_ns));
  }
  return file.flush() ? 0 : fail("cannot write " + path);
}

int files(const std::string& path, const std::string& driver, const std::string& folder) {
  SystemIds ids;
  auto spool = LogSpool::open(folder, {}, ids);
  if (!spool) return fail(spool.error().message);
  const Spent spent;
  LogPosition position;
  LogRate rate(20'000, 2'000'000);
  const auto source = read_log_files({.driver = driver, .path = path}, position);
  std::uint64_t lines = 0, packed = 0;
  for (bool at_end = false; !at_end;) {
    logs::Batch batch{.spool = (*spool)->id(), .number = (*spool)->next_number()};
    logs::Section section{.instance = "i1", .project = "default", .stack = "shop", .service = "web", .slot = 1, .container = "c1"};
    for (std::size_t bytes = 0; bytes < batch_bytes && !at_end;) {
      std::vector<logs::Line> read;
      const auto taken = source->take(turn, position, read);
      if (!taken) return fail(taken.error().message);
      bytes += taken->bytes;
      at_end = taken->at_end;
      for (logs::Line& line : read)
        if (rate.take("default/shop/web", line.time_ns, line.text.size())) section.lines.push_back(std::move(line));
    }
    lines += section.lines.size();
    batch.sections.push_back(std::move(section));
    const std::string bytes = logs::encode(batch);
    packed += bytes.size();
    if (const Status written = (*spool)->append(bytes, {{"c1", position}}); !written) return fail(written.error().message);
    (*spool)->acknowledge(batch.number);
  }
  spent.print(("files, " + driver).c_str(), lines);
  std::printf("packed: %.1f MB\n", static_cast<double>(packed) / 1e6);
  return 0;
}

int by_engine(const std::string& socket, const std::string& container) {
  const auto engine = engine::open_docker(socket);
  if (const auto facts = engine->facts(); !facts) return fail(facts.error().message);
  const Spent spent;
  std::uint64_t lines = 0;
  const Status read = engine->logs(container, {}, [&](const engine::LogLine&) { return ++lines > 0; });
  if (!read) return fail(read.error().message);
  spent.print("engine", lines);
  return 0;
}

int dump(const std::string& folder) {
  SystemIds ids;
  auto spool = LogSpool::open(folder, {}, ids);
  if (!spool) return fail(spool.error().message);
  while (const auto waiting = (*spool)->next(Duration(0))) {
    const auto batch = logs::decode(waiting->batch);
    if (!batch) return fail(batch.error().message);
    for (const logs::Section& section : batch->sections)
      for (const logs::Line& line : section.lines)
        std::printf("%s/%s-%lld %d %s\n", section.stack.c_str(), section.service.c_str(), static_cast<long long>(section.slot), static_cast<int>(line.stream), line.text.c_str());
    (*spool)->acknowledge(waiting->number);
  }
  return 0;
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> arguments(values + 1, values + count);
  if (arguments.size() == 4 && arguments[0] == "make") return make(arguments[1], arguments[2], std::atoi(arguments[3].c_str()));
  if (arguments.size() == 4 && arguments[0] == "files") return files(arguments[1], arguments[2], arguments[3]);
  if (arguments.size() == 3 && arguments[0] == "engine") return by_engine(arguments[1], arguments[2]);
  if (arguments.size() == 2 && arguments[0] == "dump") return dump(arguments[1]);
  return fail("see its first lines");
}
