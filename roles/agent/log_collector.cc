#include "log_collector.h"

#include <algorithm>
#include <utility>

#include "hooks.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"

namespace kontena::agent {
namespace {

constexpr Duration look_period{500};
constexpr Duration place_period{1'000};
// A batch is a write to disk here and at the server: so many a second at most, and few while the server does not take them.
constexpr Duration spool_period{150};
constexpr Duration spool_period_behind{1'000};
constexpr std::uint64_t behind = 4;
constexpr Duration write_again_period{2'000};
// How long until files are looked at again: while much comes, while something comes, and else.
constexpr Duration fast{10}, usual{50}, quiet{100};
constexpr Duration quiet_after{5'000};
// A file that was written to is looked at in each pass for so long, and any that often at least.
constexpr Duration active{1'000}, look_anyway{1'000};
constexpr std::size_t much = 32u << 10;
constexpr std::int64_t tell_period_ns = 1'000'000'000;

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string label(const engine::Container& container, std::string_view name) {
  const auto found = container.labels.find(std::string(name));
  return found == container.labels.end() ? std::string() : found->second;
}

// The container of a pre_start hook speaks for its instance.
LogOwner owner_of(const engine::Container& container, const Kept& kept) {
  LogOwner owner{.instance = instance_of(container), .project = label(container, engine::project_label), .stack = label(container, engine::stack_label), .service = label(container, engine::service_label)};
  owner.slot = text::integer(label(container, engine::slot_label)).value_or(0);
  if (!owner.instance.empty()) return owner;
  owner.instance = label(container, hook_label);
  const auto assignment = kept.instances.find(owner.instance);
  if (assignment == kept.instances.end()) return {};
  owner.service = assignment->second.service;
  owner.slot = assignment->second.slot;
  return owner;
}

}  // namespace

void LogCollector::step() {
  const Duration wait = pass();
  asked_.wait(wait, [](const Asked& asked) { return std::ranges::any_of(asked.drains, [](const auto& one) { return !one.second; }); });
}

bool LogCollector::drain(const std::string& container, Duration limit) {
  asked_.change([&](Asked& asked) { asked.drains.try_emplace(container, false); });
  return asked_.wait_then(
      limit, [&](const Asked& asked) { return asked.held_back || asked.drains.count(container) == 0 || asked.drains.at(container); },
      [&](Asked& asked) {
        const auto one = asked.drains.find(container);
        const bool done = one == asked.drains.end() || one->second;
        if (one != asked.drains.end()) asked.drains.erase(one);
        return done;
      });
}

void LogCollector::note(const std::set<std::string>& containers, const std::string& text) {
  asked_.change([&](Asked& asked) {
    for (const std::string& container : containers) asked.notes[container].push_back(text);
  });
}

void LogCollector::find_containers() {
  const Duration now = context_.clock.steady();
  looked_ = now;
  std::set<std::string> there;
  const bool whole = context_.state.with([&](const State& s) {
    for (const engine::Container* container : s.seen.all()) {
      there.insert(container->id);
      const auto [one, fresh] = followed_.try_emplace(container->id);
      Followed& followed = one->second;
      if (fresh) {
        followed.owner = owner_of(*container, *s.kept);
        if (const auto kept = spool_.positions().find(container->id); kept != spool_.positions().end()) followed.position = kept->second;
      }
      if (followed.owner.instance.empty()) followed.owner = owner_of(*container, *s.kept);
      followed.started = followed.started || container->state != engine::ContainerState::created;
      followed.running = container->state == engine::ContainerState::running || container->state == engine::ContainerState::paused ||
                         container->state == engine::ContainerState::restarting;
    }
    return s.listed && !s.engine_away;
  });
  if (!whole) return;
  for (auto& [id, followed] : followed_) followed.gone = there.count(id) == 0;
  for (const auto& [id, position] : spool_.positions())
    if (there.count(id) == 0 && followed_.count(id) == 0) made_.moves[id] = std::nullopt;
}

// Before it is read, so that nothing comes between the two. Again now and then: a rotated log has another file.
void LogCollector::watch(Each& each) {
  auto& [id, followed] = each;
  if (followed.path.empty()) return;
  const Duration now = context_.clock.steady();
  followed.look_at = watch_.add(id, followed.path) ? now + look_anyway : now;
}

bool LogCollector::is_quiet(const Followed& followed, Duration now) const {
  return followed.source && followed.at_end && !followed.gone && now >= followed.active_until && now < followed.look_at;
}

bool LogCollector::place(Each& each) {
  auto& [id, followed] = each;
  if (followed.source) return true;
  if (followed.unreadable || followed.owner.instance.empty() || followed.gone || !followed.started) return false;
  const Duration now = context_.clock.steady();
  if (now < followed.look_again) return false;
  followed.look_again = now + place_period;
  const auto at = context_.engine.log_place(id);
  if (!at) {
    followed.gone = followed.gone || at.error().code == Code::not_found;
    return false;
  }
  if (at->driver == "none") {
    followed.unreadable = true;
    return false;
  }
  if (at->path.empty() && (at->driver == "json-file" || at->driver == "local")) return false;  // it has not begun yet
  followed.path = at->path;
  watch(each);
  followed.source = at->path.empty() ? read_log_by_engine(context_.engine, id, followed.position) : read_log_files(*at, followed.position);
  return true;
}

void LogCollector::moved(Each& each) { made_.moves[each.first] = each.second.position; }

void LogCollector::say(Each& each, const std::string& text) {
  auto& [id, followed] = each;
  const std::int64_t now_ns = to_ms(context_.clock.now()) * 1'000'000;
  std::vector<logs::Line> lines;
  lines.push_back({.time_ns = followed.last_ns > 0 ? followed.last_ns : now_ns, .stream = logs::Stream::note, .text = "kontena: " + text});
  keep(each, std::move(lines));
}

void LogCollector::tell_dropped(Followed& followed, std::int64_t time_ns, std::vector<logs::Line>& to) {
  const std::string text = "kontena: " + with_commas(followed.position.dropped) + " lines dropped: the service writes over " +
                           with_commas(rate_.lines_a_second()) + " lines a second on this node";
  to.push_back({.time_ns = time_ns, .stream = logs::Stream::note, .text = text});
  followed.position.dropped = 0;
  followed.told_ns = time_ns;
}

// What the rate lets pass goes to the container's section.
void LogCollector::keep(Each& each, std::vector<logs::Line>&& lines) {
  auto& [id, followed] = each;
  if (lines.empty()) return;
  logs::Section& section = made_.sections[id];
  if (section.container.empty()) {
    const LogOwner& owner = followed.owner;
    section = {.instance = owner.instance, .project = owner.project, .stack = owner.stack, .service = owner.service, .slot = owner.slot, .container = id};
  }
  const std::string key = followed.owner.rate_key();
  for (logs::Line& line : lines) {
    followed.last_ns = line.time_ns;
    if (line.stream != logs::Stream::note && !rate_.take(key, line.time_ns, line.text.size())) {
      ++dropped_;
      if (++followed.position.dropped == 1 && followed.told_ns == 0) followed.told_ns = line.time_ns;
      if (line.time_ns - followed.told_ns >= tell_period_ns) tell_dropped(followed, line.time_ns, section.lines);
      continue;
    }
    section.lines.push_back(std::move(line));
  }
  moved(each);
}

std::size_t LogCollector::read(Each& each) {
  auto& [id, followed] = each;
  followed.at_end = !place(each);
  if (followed.at_end) return 0;
  std::vector<logs::Line> lines;
  const LogPosition before = followed.position;
  const auto taken = followed.source->take(limits_.turn, followed.position, lines);
  if (!taken) {
    if (taken.error().code == Code::unsupported) {
      followed.unreadable = true;
      followed.source.reset();
      if (before.at_time == 0) {
        followed.position.at_time = 1;  // said once
        say(each, "the log cannot be read here: " + taken.error().message);
      }
    } else if (!std::exchange(followed.failing, true)) {
      log::warn("a container's log cannot be read", {{"container", id}, {"reason", taken.error().message}});
    }
    followed.at_end = true;
    return 0;
  }
  followed.failing = false;
  followed.at_end = taken->at_end;
  const bool ended = taken->at_end && (followed.gone || !followed.running);
  if (ended) followed.position.joiner.finish(lines);
  keep(each, std::move(lines));
  if (taken->gap) say(each, "lines may be missing here: a log file was rotated away, or emptied, before it was read");
  if (taken->damaged > 0) say(each, std::to_string(taken->damaged) + " bytes of the log file are damaged and were left out");
  if (taken->at_end && followed.position.dropped > 0) tell_dropped(followed, followed.last_ns, made_.sections[id].lines);
  if (followed.position != before) moved(each);
  return taken->bytes;
}

void LogCollector::add_notes() {
  const auto notes = asked_.change([](Asked& asked) { return std::exchange(asked.notes, {}); });
  for (const auto& [container, texts] : notes) {
    const auto one = followed_.find(container);
    if (one == followed_.end()) continue;
    for (const std::string& text : texts) say(*one, text);
  }
}

void LogCollector::forget_gone() {
  for (auto one = followed_.begin(); one != followed_.end();) {
    if (!one->second.gone || (one->second.source && !one->second.at_end)) {
      ++one;
      continue;
    }
    if (spool_.positions().count(one->first) > 0 || made_.moves.count(one->first) > 0) made_.moves[one->first] = std::nullopt;
    rate_.forget(one->second.owner.rate_key());
    watch_.remove(one->first);
    one = followed_.erase(one);
  }
}

// Nothing is read while it could not be kept. Docker keeps it, as far as it keeps logs at all.
bool LogCollector::held_back() {
  const bool full = spool_.full();
  if (full != std::exchange(told_full_, full)) {
    if (full)
      log::warn("the log spool is full: logs are read on when the server takes them", {{"waiting", spool_.waiting()}});
    else
      log::info("logs are read again: the server takes them");
  }
  const bool disk = spool_.disk_short();
  if (disk != std::exchange(told_disk_, disk)) {
    if (disk)
      log::error("the disk is nearly full: logs are not read until there is room, so that the node's state finds some", {{"next", "free some space on the disk of the state folder"}});
    else
      log::info("there is room on the disk: logs are read again");
  }
  return full || disk;
}

// What was read, into the spool; false while it is held, and nothing more is to be read then.
bool LogCollector::spool(bool at_once) {
  if (made_.moves.empty()) return true;
  const Duration now = context_.clock.steady();
  const Duration period = spool_.waiting() > behind ? spool_period_behind : spool_period;
  if (!at_once && made_.bytes < limits_.batch && now - spooled_ < period) return true;
  if (now < write_again_) return false;
  logs::Batch batch{.spool = spool_.id(), .number = spool_.next_number()};
  for (auto& [container, section] : made_.sections)
    if (!section.lines.empty()) batch.sections.push_back(std::move(section));
  const Status written = spool_.append(batch.sections.empty() ? std::string() : logs::encode(batch), made_.moves);
  if (!written) {
    for (logs::Section& section : batch.sections) made_.sections[section.container] = std::move(section);
    write_again_ = now + write_again_period;
    if (!std::exchange(told_write_, true))
      log::error("the log spool cannot be written: logs are not read until it can", {{"reason", written.error().message}});
    return false;
  }
  if (std::exchange(told_write_, false)) log::info("the log spool can be written again");
  made_ = {};
  spooled_ = now;
  return true;
}

Duration LogCollector::pass() {
  std::set<std::string> drains;
  asked_.with([&](const Asked& asked) {
    for (const auto& [container, done] : asked.drains)
      if (!done) drains.insert(container);
  });
  const Duration now = context_.clock.steady();
  if (!drains.empty() || now - looked_ >= look_period) find_containers();
  add_notes();
  const bool held = !spool(false) || held_back();
  if (held != asked_.with([](const Asked& asked) { return asked.held_back; })) asked_.change([&](Asked& asked) { asked.held_back = held; });
  if (held) return quiet;

  const auto touched = watch_.take();  // after it was looked who is gone: what was written before that is in it
  for (Each& each : followed_)
    if (!touched || touched->contains(each.first)) each.second.active_until = now + active;
  std::size_t bytes = 0;
  bool more = false;
  const auto visit = [&](Each& each) {
    if (drains.empty() && is_quiet(each.second, now)) return;
    if (now >= each.second.look_at) watch(each);
    if (made_.bytes >= limits_.batch) {
      if (turn_.empty()) turn_ = each.first;
      each.second.at_end = false;
      more = true;
      return;
    }
    const std::size_t got = read(each);
    more = more || got >= limits_.turn;
    bytes += got;
    made_.bytes += got;
  };
  const std::string first = std::exchange(turn_, std::string());
  const auto middle = followed_.lower_bound(first);
  for (auto one = middle; one != followed_.end(); ++one) visit(*one);
  for (auto one = followed_.begin(); one != middle; ++one) visit(*one);
  forget_gone();

  const bool kept = spool(!drains.empty());
  if (kept && made_.moves.empty() && !drains.empty()) {
    asked_.change([&](Asked& asked) {
      for (const std::string& container : drains) {
        const auto one = followed_.find(container);
        const auto drain = asked.drains.find(container);
        if (drain != asked.drains.end()) drain->second = one == followed_.end() || one->second.at_end;
      }
    });
  }
  if (bytes > 0) busy_ = now;
  if (!kept) return quiet;
  if (more) return Duration(0);
  if (bytes >= much) return fast;
  return now - busy_ < quiet_after ? usual : quiet;
}

}  // namespace kontena::agent
