#include "alert_keeper.h"

#include <set>
#include <thread>

#include "../use.h"
#include "../webhooks.h"
#include "kontena/base/log.h"
#include "kontena/store/tables.h"

namespace kontena::server {

void AlertKeeper::start() {
  look_.start();
  tell_.start();
}

void AlertKeeper::stop() {
  look_.stop();
  tell_.stop();
}

alerts::Facts AlertKeeper::facts(const model::ClusterView& view, const model::Liveness& liveness) {
  const Time now = context_.clock.now();
  alerts::Facts facts{.view = view, .liveness = liveness, .now = now, .certificates = context_.liveness.certificates(), .lines = lines_.look(view, now)};
  if (!authority_ends_ms_) {
    const auto authority = pki::read_certificate(context_.authority.own().certificate_pem);
    authority_ends_ms_ = authority ? to_ms(authority->not_after) : 0;
  }
  facts.authority_ends_ms = *authority_ends_ms_;
  if (const Use* use = context_.use)
    facts.used = [use, &view, now_ms = to_ms(now)](const std::string& source) -> std::optional<alerts::Used> {
      const auto newest = use->newest(source, now_ms - stats_fresh_ms(view, source.substr(0, source.find('/'))));
      if (!newest) return std::nullopt;
      const stats::Values& v = newest->values;
      return alerts::Used{v[stats::cpu_milli], v[stats::memory], v[stats::memory_limit], v[stats::disk_used], v[stats::disk_size]};
    };
  return facts;
}

void AlertKeeper::look() {
  const View view = context_.views.now();
  if (view->alert_rules.empty() && view->alert_states.empty()) return;
  // Of records that cannot be read nothing is found, and nothing ends.
  if (!view->unreadable.empty()) return;
  const model::Liveness liveness = context_.liveness.states();
  const alerts::Changes changes = alerts::step(alert_book(*view), facts(*view, liveness), watch_);
  if (changes.empty()) return;
  store::Commit commit;
  const auto rests_on = [&](const std::string& key) {
    const auto* item = view->alert_states.find(key);
    commit.unchanged.push_back({store::alert_states.key(key), item ? item->revision : 0});
  };
  std::set<std::string> rules;
  for (const model::AlertState& state : changes.put) {
    const std::string key = model::alert_key(state);
    rests_on(key);
    commit.puts.push_back(store::alert_states.put(key, state));
    rules.insert(state.grid + '/' + state.project + '/' + state.rule);
  }
  // Not of a rule that is removed at the same time.
  for (const std::string& key : rules)
    if (const auto* rule = view->alert_rules.find(key)) commit.unchanged.push_back({store::alert_rules.key(key), rule->revision});
  for (const std::string& key : changes.drop) {
    rests_on(key);
    commit.deletes.push_back(store::alert_states.key(key));
  }
  const auto done = context_.store.commit(commit);
  if (!done) {
    // Somebody wrote at the same time, or the disk is full: what is so is found again.
    if (done.error().code != Code::conflict) log::warn("what alerts have found is not written", {{"reason", done.error().message}});
    return;
  }
  context_.views.await(*done);
  tell_.wake();
}

void AlertKeeper::tell() {
  const View view = context_.views.now();
  if (view->alert_states.empty()) return;
  const alerts::Book book = alert_book(*view);
  const Time now = context_.clock.now();
  std::vector<alerts::Notice> due = alerts::due(book, now);
  std::erase_if(due, [&](const alerts::Notice& notice) { return context_.webhooks.resting(notice.webhook); });
  for (std::size_t first = 0; first < due.size(); first += at_once) {
    // One that is slow holds up those beside it, for five seconds at most, and rests then.
    std::vector<std::jthread> threads;
    for (std::size_t i = first; i < std::min(due.size(), first + at_once); ++i)
      threads.emplace_back([this, &book, &notice = due[i], now] {
        const api::Notice text = notice_of(book, notice, context_.ids.id(), now);
        if (context_.webhooks.send(context_.store, context_.vault, notice.webhook, book.webhooks.at(notice.webhook), text)) note_told(notice, now);
      });
  }
}

// What was told meanwhile by nobody else: only acknowledgements and new findings are written beside us.
void AlertKeeper::note_told(const alerts::Notice& notice, Time at) {
  const std::string name = notice.webhook.substr(notice.webhook.rfind('/') + 1);
  constexpr int tries = 20;
  for (int i = 0; i < tries; ++i) {
    const std::int64_t seen = context_.views.sequence();
    const View view = context_.views.now();
    store::Commit commit;
    for (const model::AlertState& told : notice.states) {
      const std::string key = model::alert_key(told);
      const auto* item = view->alert_states.find(key);
      if (!item || item->value.fired_ms != told.fired_ms) continue;
      model::AlertState state = item->value;
      state.told[name] = {told.resolved_ms == 0, to_ms(at)};
      commit.unchanged.push_back({store::alert_states.key(key), item->revision});
      commit.puts.push_back(store::alert_states.put(key, state));
    }
    if (commit.puts.empty()) return;
    const auto done = context_.store.commit(commit);
    if (done) return context_.views.await(*done);
    if (done.error().code != Code::conflict) {
      log::warn("that a webhook was told is not written: it is told again", {{"webhook", notice.webhook}, {"reason", done.error().message}});
      return;
    }
    context_.views.wait(seen, {std::string(store::alert_states.name)}, Duration(1'000));
  }
}

}  // namespace kontena::server
