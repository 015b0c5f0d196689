#include "work.h"

#include "kontena/store/trail.h"

namespace kontena::server {

Work::Work(const Needs& needs)
    : views_(needs.store),
      liveness_(needs.clock, needs.lost_after),
      log_keeper_(views_, needs.clock, needs.logs),
      use_(needs.clock, needs.data_dir.empty() ? "" : needs.data_dir + "/stats", needs.stats_bytes),
      blobs_(needs.data_dir.empty() ? "" : needs.data_dir + "/blobs", needs.clock),
      sso_(needs.clock),
      webhooks_(needs.clock),
      context_{needs.clock, needs.ids, needs.store, views_, liveness_, logs_, asks_, builds_, channels_, needs.authority, reports_, blobs_, needs.vault, refusals_, logins_, uses_, sso_, webhooks_, needs.data_dir, needs.certificate_lifetime, needs.restores, needs.keep_revisions,
               needs.largest_blob, needs.largest_image_part, &log_keeper_, &use_, &forward_troubles_},
      dispatch_(context_),
      deployments_(context_),
      unused_blobs_(context_),
      audit_(context_, needs.audit_kept),
      alerts_(context_),
      events_(context_) {}

Status Work::start() {
  KTN_OK(blobs_.open());
  KTN_OK(store::chain_old_records(context_.store));
  KTN_OK(views_.load());
  views_.start();
  log_keeper_.start();
  use_.start();
  deployments_.start();
  unused_blobs_.start();
  audit_.start();
  alerts_.start();
  events_.start();
  return Done{};
}

std::vector<std::string> Work::stuck() const {
  std::vector<std::string> names;
  for (const Loop* loop : {&views_.loop(), &deployments_.loop(), &unused_blobs_.loop(), &audit_.loop(), &events_.loop(), &log_keeper_.loop(), &use_.loop()})
    if (loop->is_stuck()) names.push_back(loop->name());
  for (const Loop* loop : alerts_.loops())
    if (loop->is_stuck()) names.push_back(loop->name());
  return names;
}

void Work::stop(const std::function<void()>& between) {
  dispatch_.stop();
  asks_.stop();
  sso_.stop();
  context_.store.close();
  log_keeper_.stop();
  use_.stop();
  views_.stop();
  between();
  alerts_.stop();
  events_.stop();
  audit_.stop();
  unused_blobs_.stop();
  deployments_.stop();
}

}  // namespace kontena::server
