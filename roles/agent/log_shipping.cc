#include "log_shipping.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>

#include "kontena/base/log.h"

namespace kontena::agent {
namespace {

constexpr Duration open_again{10'000};
constexpr Duration removal_limit{10'000};
// Stays free for the node's state, as far as it is no more than a twentieth of the disk.
constexpr std::uint64_t reserve = 64u << 20;

// As if the disk were so large that what is to stay free of it is `reserve`.
std::uint64_t room(const std::string& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return reserve;
  const std::uint64_t left = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::uint64_t whole = std::uint64_t{disk.f_blocks} * disk.f_frsize;
  return left >= whole / 20 ? std::max(left, reserve) : left;
}

}  // namespace

bool LogShipping::open() {
  if (open_.with([](bool is) { return is; })) return true;
  auto spool = LogSpool::open(options_.folder, {.bytes = options_.spool_bytes, .free_bytes = room, .reserve = reserve}, context_.ids);
  if (!spool) {
    if (!std::exchange(told_, true))
      log::error("logs are not kept: their folder cannot be used; trying on", {{"folder", options_.folder}, {"reason", spool.error().message}});
    context_.state.wait(open_again, [](const State& s) { return s.stopping; });
    return false;
  }
  if (told_) log::info("logs are kept again");
  parts_.spool = std::move(*spool);
  parts_.collector = std::make_unique<LogCollector>(context_, *parts_.spool, options_.limits);
  parts_.sender = std::make_unique<LogSender>(context_, uplink_, *parts_.spool, *parts_.collector);
  if (!options_.forwards_folder.empty()) {
    parts_.forwards = std::make_unique<LogForwards>(
        context_, uplink_, *parts_.spool, *parts_.collector,
        LogForwards::Options{.folder = options_.forwards_folder, .node_name = options_.node_name, .seams = options_.seams});
    parts_.forwards->load();
  }
  open_.change([](bool& is) { is = true; });
  return true;
}

void LogShipping::collect() {
  if (open()) parts_.collector->step();
}

void LogShipping::send() {
  if (open_.wait(Duration(1'000), [](bool is) { return is; })) parts_.sender->step();
}

void LogShipping::hear_forwards() {
  if (!open_.wait(Duration(1'000), [](bool is) { return is; })) return;
  if (parts_.forwards) return parts_.forwards->step();
  context_.state.wait(Duration(1'000), [](const State& s) { return s.stopping; });
}

void LogShipping::tell_forwards() {
  if (!open_.wait(Duration(1'000), [](bool is) { return is; })) return;
  if (parts_.forwards) return parts_.forwards->tell();
  context_.state.wait(Duration(1'000), [](const State& s) { return s.stopping; });
}

void LogShipping::before_removal(const std::string& container) {
  if (!open_.with([](bool is) { return is; })) return;
  if (!parts_.collector->drain(container, removal_limit))
    log::warn("a container is removed before its log was read to the end", {{"container", container}});
}

std::optional<LogShipping::Numbers> LogShipping::numbers() {
  if (!open_.with([](bool is) { return is; })) return std::nullopt;
  LogSpool& spool = *parts_.spool;
  Numbers numbers{.waiting_bytes = spool.bytes_after(spool.acknowledged()), .room_bytes = spool.room(), .dropped_lines = parts_.collector->dropped()};
  if (parts_.forwards)
    for (LogForwards::Numbers& one : parts_.forwards->numbers())
      numbers.forwards.push_back({std::move(one.project), std::move(one.name), std::move(one.state), spool.bytes_after(one.position)});
  return numbers;
}

Status forget_logs(const std::string& folder) {
  std::error_code failed;
  std::filesystem::remove_all(folder, failed);
  if (failed) return Error{Code::unavailable, "cannot remove '" + folder + "': " + failed.message()};
  return Done{};
}

}  // namespace kontena::agent
