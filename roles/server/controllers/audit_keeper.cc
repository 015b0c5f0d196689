#include "audit_keeper.h"

#include "../trail.h"
#include "kontena/base/log.h"
#include "kontena/store/tables.h"
#include "kontena/store/trail.h"

namespace kontena::server {
namespace {

constexpr std::size_t cut_at_once = 500;  // records, in one commit

std::string tail_of(std::int64_t number) { return store::trail_key(number).substr(store::trail_prefix.size()); }

}  // namespace

void AuditKeeper::step() {
  const auto warn = [](const char* what, const Status& done) {
    if (!done) log::warn(what, {{"reason", done.error().message}});
  };
  warn("refused attempts are not in the audit yet", context_.refusals.flush(context_.store, context_.clock));
  const View view = context_.views.now();
  warn("when tokens were used is not written yet", context_.uses.flush(*view, context_.store, context_.clock.now()));
  warn("the audit trail could not be signed", sign());
  const Duration now = context_.clock.steady();
  if (kept_ == Duration(0) || now < next_cut_) return;
  next_cut_ = now + cut_pace;
  warn("the audit trail could not be cut", cut());
}

void AuditKeeper::stop() {
  loop_.stop();
  if (const Status done = context_.refusals.flush(context_.store, context_.clock, true); !done)
    log::warn("refused attempts did not come into the audit", {{"reason", done.error().message}});
}

Status AuditKeeper::sign() {
  if (!signed_) {
    // Before the one that says where it was cut.
    KTN_TRY(const auto newest,
            context_.store.page(store::checkpoints.key(""), store::checkpoints.key(cut_tail), 1, true));
    signed_.emplace();
    if (!newest.empty())
      if (auto read = store::checkpoints.read(newest.front())) signed_ = *std::move(read);
  }
  KTN_TRY(const crypto::Link end, context_.store.trail());
  const std::int64_t fresh = end.number - signed_->number;
  const Duration passed = context_.clock.now() - from_ms(signed_->at_ms);
  if (fresh <= 0 || (fresh < records_to_sign && passed < time_to_sign)) return Done{};
  KTN_TRY(const auto made,
          api::sign_checkpoint(context_.authority, end, context_.clock.now(), api::Signed::checkpoint));
  KTN_OK(context_.store.commit({.puts = {store::checkpoints.put(tail_of(made.number), made)}}));
  signed_ = made;
  return Done{};
}

Status AuditKeeper::cut() {
  for (bool more = true; more;) {
    KTN_TRY(more, cut_page());
  }
  return Done{};
}

// Only what is whole is cut off: a broken trail is kept for whoever looks into it.
Result<bool> AuditKeeper::cut_page() {
  store::Store& store = context_.store;
  const std::string key = store::checkpoints.key(cut_tail);
  KTN_TRY(const auto before, store.get(key));
  api::TrailCheck check(context_.authority.own().certificate_pem);
  if (before) {
    KTN_TRY(const model::Checkpoint cut, store::checkpoints.read(*before));
    KTN_OK(check.cut(cut));
  }
  const std::int64_t first = check.at().number + 1;
  const std::int64_t since_ms = to_ms(context_.clock.now() - kept_);
  KTN_TRY(const crypto::Link end, store.trail());
  KTN_TRY(const auto entries, store.page(store::trail_prefix, "", cut_at_once, false));
  store::Commit commit{.unchanged = {{key, before ? before->revision : 0}}};
  for (const store::Entry& entry : entries) {
    KTN_TRY(const store::Trailed read, store::read_trail(entry));
    KTN_TRY(const model::AuditRecord record, store::read_audit(entry));
    if (read.link.number >= end.number || std::max(record.at_ms, record.last_ms) >= since_ms) break;
    KTN_OK(check.record(read.link, read.text));
    commit.deletes.push_back(entry.key);
  }
  if (commit.deletes.empty()) return false;
  const bool more = commit.deletes.size() == cut_at_once;
  KTN_TRY(const auto signed_ones, store.page(store::checkpoints.key(""), "", cut_at_once, false));
  for (const store::Entry& entry : signed_ones)
    if (entry.key < store::checkpoints.key(tail_of(check.at().number))) commit.deletes.push_back(entry.key);
  KTN_TRY(const auto made,
          api::sign_checkpoint(context_.authority, check.at(), context_.clock.now(), api::Signed::cut));
  commit.puts = {store::checkpoints.put(cut_tail, made)};
  commit.trail = {
      store::audit_text({.at_ms = to_ms(context_.clock.now()),
                         .who = "kontena server",
                         .verb = "audit.cut",
                         .resource = "records " + std::to_string(first) + " to " + std::to_string(made.number),
                         .outcome = "ok",
                         .request = context_.ids.id(),
                         .before = made.hash})};
  KTN_OK(store.commit(commit));
  log::info("old audit records were cut off", {{"first", first}, {"last", made.number}});
  return more;
}

}  // namespace kontena::server
