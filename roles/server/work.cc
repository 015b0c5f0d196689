#include "work.h"

namespace kontena::server {

Work::Work(const Needs& needs)
    : views_(needs.store),
      liveness_(needs.clock, needs.lost_after),
      blobs_(needs.data_dir.empty() ? "" : needs.data_dir + "/blobs", needs.clock),
      context_{needs.clock, needs.ids, needs.store, views_, liveness_, logs_, asks_, needs.authority, reports_, blobs_, needs.vault, needs.data_dir, needs.certificate_lifetime, needs.restores, needs.keep_revisions,
               needs.largest_blob, needs.largest_image_part},
      dispatch_(context_),
      deployments_(context_),
      unused_blobs_(context_) {}

Status Work::start() {
  KTN_OK(blobs_.open());
  KTN_OK(views_.load());
  views_.start();
  deployments_.start();
  unused_blobs_.start();
  return Done{};
}

std::vector<std::string> Work::stuck() const {
  std::vector<std::string> names;
  for (const Loop* loop : {&views_.loop(), &deployments_.loop(), &unused_blobs_.loop()})
    if (loop->is_stuck()) names.push_back(loop->name());
  return names;
}

void Work::stop(const std::function<void()>& between) {
  dispatch_.stop();
  asks_.stop();
  context_.store.close();
  views_.stop();
  between();
  unused_blobs_.stop();
  deployments_.stop();
}

}  // namespace kontena::server
