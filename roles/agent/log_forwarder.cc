#include "log_forwarder.h"

#include <algorithm>

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "status.h"

namespace kontena::agent {
namespace {

constexpr Duration wait_limit{500};
constexpr Duration first_pause{500};
constexpr Duration tell_period{60'000};
// Sent at once: what comes twice after a failure, and what is held of a batch in its dearest form.
constexpr std::size_t most_lines = 1'000, most_bytes = 512u << 10;
// So many batches are shed before it is tried again.
constexpr int most_shed = 64;

forward::Level level_of(logs::Stream stream) {
  switch (stream) {
    case logs::Stream::out: return forward::Level::output;
    case logs::Stream::err: return forward::Level::error;
    case logs::Stream::note: return forward::Level::note;
  }
  return forward::Level::output;
}

// Without a value they are not known yet.
Status check_known_headers(const forward::Target& target, std::map<std::string, std::string> headers) {
  std::erase_if(headers, [](const auto& header) { return header.second.empty(); });
  return forward::check_headers(target, headers);
}

}  // namespace

bool LogForwarder::lacks_headers() const {
  return std::ranges::any_of(what_.headers, [](const auto& header) { return header.second.empty(); });
}

Result<std::unique_ptr<LogForwarder>> LogForwarder::make(Needs needs, const api::AgentForward& what, std::string position_file) {
  KTN_TRY(forward::Target target, forward::parse(what.to));
  target.ca_pem = what.ca_pem;
  KTN_OK(check_known_headers(target, what.headers));
  target.headers = what.headers;
  std::unique_ptr<LogForwarder> made(new LogForwarder(std::move(needs), what, std::move(target), std::move(position_file)));
  LogSpool& spool = made->needs_.spool;
  const auto kept = files::read(made->file_, 200);
  const auto words = kept ? text::split(text::trim(*kept), ' ') : std::vector<std::string>();
  const auto number = words.size() == 2 && words[0] == spool.id() ? text::integer(words[1]) : std::nullopt;
  made->position_ = number && *number >= 0 ? std::min(static_cast<std::uint64_t>(*number), spool.newest()) : spool.newest();
  spool.keep_for(made->file_, made->position_);
  if (!number) made->save();
  made->saved_ = made->position_;
  return made;
}

void LogForwarder::save() {
  const Status written = files::write(file_, needs_.spool.id() + ' ' + std::to_string(position_) + '\n', 0600);
  if (written) saved_ = position_;
  if (!written && !std::exchange(told_save_, true))
    log::warn("how far logs were forwarded cannot be kept: after a restart lines may come twice",
              {{"forward", what_.name}, {"reason", written.error().message}});
  if (written) told_save_ = false;
}

void LogForwarder::move(std::uint64_t number) {
  position_ = number;
  pending_.reset();
  needs_.spool.keep_for(file_, number);
}

void LogForwarder::pause(Duration limit) {
  needs_.context.state.wait(std::min(limit, wait_limit), [&](const State& s) { return s.stopping || ended_; });
}

void LogForwarder::step() {
  shed();
  tell_lost();
  if (lacks_headers()) {
    state_.with([](ForwardState& s) { s.error = "the server has not told the headers' values since the agent started"; });
    return pause(wait_limit);
  }
  if (!pending_) {
    auto waiting = needs_.spool.after(position_, wait_limit);
    if (!waiting) return;
    take(std::move(*waiting));
  }
  if (!pending_) return;
  const Status sent = send_pending();
  if (sent) {
    if (failures_ > 0) log::info("logs are forwarded again", {{"forward", what_.name}, {"to", what_.to}});
    failures_ = 0;
    state_.with([](ForwardState& s) { s.error.clear(); });
    move(pending_->number);
    return save();
  }
  state_.with([&](ForwardState& s) { s.error = one_line(sent.error().message, api::longest_forward_error); });
  if (failures_++ == 0)
    log::warn("logs cannot be forwarded; trying on", {{"forward", what_.name}, {"to", what_.to}, {"reason", sent.error().message}});
  const Duration begun = needs_.context.clock.steady();
  const Duration whole = std::min(needs_.longest_pause, first_pause * (1 << std::min(failures_ - 1, 8)));
  // What is over the room is let go of meanwhile.
  while (!ended_ && needs_.context.clock.steady() - begun < whole) {
    if (needs_.context.state.with([](const State& s) { return s.stopping; })) return;
    pause(whole - (needs_.context.clock.steady() - begun));
    shed();
  }
}

// The batch, if it has something for this target; else it is past.
void LogForwarder::take(LogSpool::Waiting waiting) {
  auto batch = waiting.batch.empty() ? Result<logs::Batch>(Error{Code::corrupt, "it cannot be read"}) : logs::decode(waiting.batch);
  if (!batch) {
    log::error("lines that waited to be forwarded cannot be read any more",
               {{"forward", what_.name}, {"batch", waiting.number}, {"reason", batch.error().message}});
    return move(waiting.number);
  }
  pending_ = Pending{.number = waiting.number, .batch = std::move(*batch)};
  std::erase_if(pending_->batch.sections, [&](const logs::Section& section) { return !ours(section); });
  if (!pending_->batch.sections.empty()) return;
  move(waiting.number);
  // Written now and then: a start goes over them quickly.
  if (position_ - saved_ >= 100) save();
}

std::vector<forward::Record> LogForwarder::chunk(Pending& at) const {
  std::vector<forward::Record> records;
  std::size_t bytes = 0;
  for (; at.section < at.batch.sections.size(); ++at.section, at.line = 0) {
    const logs::Section& section = at.batch.sections[at.section];
    for (; at.line < section.lines.size(); ++at.line) {
      const logs::Line& line = section.lines[at.line];
      if (records.size() >= most_lines || (bytes > 0 && bytes + line.text.size() > most_bytes)) return records;
      bytes += line.text.size();
      records.push_back({.time_ns = line.time_ns,
                         .level = level_of(line.stream),
                         .text = line.text,
                         .grid = needs_.context.grid,
                         .project = section.project,
                         .stack = section.stack,
                         .service = section.service,
                         .instance = section.instance,
                         .node = needs_.node_name,
                         .slot = section.slot});
    }
  }
  return records;
}

Status LogForwarder::send_pending() {
  while (!ended_) {
    Pending& at = *pending_;
    const auto [section, line] = std::pair(at.section, at.line);
    const auto records = chunk(at);
    if (records.empty()) return Done{};
    const Status sent = sender_->send(records);
    if (sent) continue;
    if (sent.error().code != Code::invalid_argument) {
      at.section = section;
      at.line = line;
      return sent;
    }
    log::warn("lines were refused, and are not forwarded",
              {{"forward", what_.name}, {"lines", records.size()}, {"reason", sent.error().message}});
    for (std::size_t one = section; one < at.batch.sections.size() && one <= at.section; ++one) {
      const std::size_t from = one == section ? line : 0;
      const std::size_t to = one == at.section ? at.line : at.batch.sections[one].lines.size();
      if (to > from) lose(at.batch.sections[one].container, to - from);
    }
  }
  return Error{Code::unavailable, "it is forwarded there no longer"};
}

void LogForwarder::lose(const std::string& container, std::uint64_t lines) {
  lost_[container] += lines;
  state_.with([&](ForwardState& s) { s.dropped_lines += lines; });
}

void LogForwarder::give_up(Pending& from) {
  for (std::size_t one = from.section; one < from.batch.sections.size(); ++one) {
    const logs::Section& section = from.batch.sections[one];
    const std::size_t past = one == from.section ? from.line : 0;
    if (section.lines.size() > past) lose(section.container, section.lines.size() - past);
  }
  move(from.number);
}

// What has waited too long goes: where it has more than the spool's room, and where the disk is nearly full what is
// there for this target alone.
void LogForwarder::shed() {
  LogSpool& spool = needs_.spool;
  const auto too_much = [&] {
    if ((failures_ > 0 || lacks_headers()) && position_ < spool.acknowledged() && spool.disk_short()) return true;
    return spool.bytes_after(position_) > spool.room() + spool.room() / 16;
  };
  bool any = false;
  for (int i = 0; i < most_shed && !ended_ && too_much(); ++i) {
    if (!pending_) {
      auto waiting = spool.after(position_, Duration(0));
      if (!waiting) break;
      take(std::move(*waiting));
    }
    if (pending_) give_up(*pending_);
    any = true;
  }
  if (any) save();
}

void LogForwarder::tell_lost() {
  if (lost_.empty()) return;
  const Duration now = needs_.context.clock.steady();
  if (told_lost_ && now - *told_lost_ < tell_period) return;
  told_lost_ = now;
  std::uint64_t all = 0;
  for (const auto& [container, lines] : lost_) {
    needs_.collector.note({container},
                          "lines that were not forwarded to '" + what_.name + "' (" + what_.to + "), as it did not take them: " + std::to_string(lines));
    all += lines;
  }
  lost_.clear();
  log::warn("lines are not forwarded: the place did not take them", {{"forward", what_.name}, {"to", what_.to}, {"lines", all}});
}

}  // namespace kontena::agent
