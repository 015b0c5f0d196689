// What a server's kept logs cost: lines a second in, bytes of disk, a search, the last lines.
//   kept_bench [MILLIONS OF LINES, default 10] [FOLDER]
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "kontena/logs/kept.h"

using namespace kontena;

namespace {

double cpu() {
  rusage of{};
  ::getrusage(RUSAGE_SELF, &of);
  const auto s = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return s(of.ru_utime) + s(of.ru_stime);
}
double wall() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// As a web server writes: about 120 bytes, of which addresses, paths, times and sizes differ.
std::string line_of(std::mt19937& random, std::size_t number) {
  static const char* const paths[] = {"/", "/index.html", "/api/v1/orders", "/api/v1/orders/items", "/static/app.js", "/static/style.css", "/login", "/health"};
  static const int statuses[] = {200, 200, 200, 200, 304, 404, 500};
  char text[256];
  std::snprintf(text, sizeof text, "10.%u.%u.%u - - \"GET %s?id=%u HTTP/1.1\" %d %u \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\" rt=0.%03u req=%zu", static_cast<unsigned>(random() % 4),
                static_cast<unsigned>(random() % 16), static_cast<unsigned>(random() % 250), paths[random() % 8], static_cast<unsigned>(random() % 100'000),
                statuses[random() % 7], static_cast<unsigned>(random() % 50'000), static_cast<unsigned>(random() % 1'000), number);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t lines = static_cast<std::size_t>((argc > 1 ? std::atof(argv[1]) : 10.0) * 1e6);
  const std::string folder = argc > 2 ? argv[2] : "/var/tmp/kept_bench";
  std::filesystem::remove_all(folder);
  auto opened = logs::Kept::open({.folder = folder, .total = std::uint64_t{1} << 40, .spare = 0});
  if (!opened) return std::fprintf(stderr, "%s\n", opened.error().message.c_str()), 1;
  auto kept = *std::move(opened);
  kept->tidy({{"p", {.bytes = std::uint64_t{1} << 40, .age_ns = INT64_MAX / 4}}}, 0);

  std::mt19937 random(1);
  const std::size_t a_batch = 8'000;
  double in_cpu = 0, in_wall = 0;
  std::size_t raw = 0;
  for (std::size_t done = 0; done < lines;) {
    logs::Batch batch{.spool = "s", .number = done / a_batch + 1};
    for (int s = 0; s < 4; ++s) batch.sections.push_back({.instance = "i" + std::to_string(s), .project = "p", .stack = "s", .service = "web" + std::to_string(s), .slot = 1});
    for (std::size_t i = 0; i < a_batch; ++i, ++done) {
      std::string text = line_of(random, done);
      if (done % 1'000'003 == 7) text += " needle";
      raw += text.size() + 1;
      batch.sections[done % 4].lines.push_back({.time_ns = 1'795'000'000'000'000'000 + static_cast<std::int64_t>(done) * 1'000'000, .text = std::move(text)});
    }
    const std::string encoded = logs::encode(batch);
    const double c = cpu(), w = wall();
    // What the server does with a request's body.
    auto decoded = logs::decode(encoded);
    if (!decoded || !kept->add({.node = "g/n", .node_name = "n", .projects = {{"p", "p"}}}, *std::move(decoded), encoded)) return 1;
    in_cpu += cpu() - c;
    in_wall += wall() - w;
  }
  std::uintmax_t disk = 0, journal = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder))
    if (file.is_regular_file()) (file.path().string().find("/journal/") == std::string::npos ? disk : journal) += file.file_size();
  std::printf("%zu lines, %.1f bytes each\n", lines, static_cast<double>(raw) / static_cast<double>(lines));
  std::printf("kept: %.0f lines a CPU second (%.0f a second)\n", static_cast<double>(lines) / in_cpu, static_cast<double>(lines) / in_wall);
  std::printf("disk: %.3f of the text in blocks, and %.0f MB of journal\n", static_cast<double>(disk) / static_cast<double>(raw), static_cast<double>(journal) / 1e6);

  const auto read = [&](const char* what, logs::Selection selection) {
    selection.project = "p";
    std::size_t found = 0;
    const double c = cpu(), w = wall();
    if (!kept->read(selection, [&](const logs::KeptLine&) { return ++found, true; })) std::exit(1);
    std::printf("%-34s %8zu lines in %.2f s (%.2f s of CPU)\n", what, found, wall() - w, cpu() - c);
  };
  const auto pattern = [](const char* text) { return *logs::Pattern::compile(text); };
  read("--grep needle", {.pattern = pattern("needle")});
  read("--grep 'id=4242 .* 500 '", {.pattern = pattern("id=4242 .* 500 ")});
  read("--grep '[45]0[04] [0-9]{5} ' (no bytes)", {.of = {{"s", "web1"}}, .pattern = pattern("(40|50)[04] [0-9]{5} \"")});
  read("--tail 10", {.tail = 10});
  read("--since, the last 1,000", {.since_ns = 1'795'000'000'000'000'000 + static_cast<std::int64_t>(lines - 1'000) * 1'000'000});
  const double w = wall(), c = cpu();
  kept.reset();
  opened = logs::Kept::open({.folder = folder});
  std::printf("opened again in %.2f s (%.2f s of CPU)\n", wall() - w, cpu() - c);
  std::filesystem::remove_all(folder);
  return opened ? 0 : 1;
}
