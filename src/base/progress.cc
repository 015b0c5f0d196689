#include "kontena/base/progress.h"

namespace kontena {

std::chrono::milliseconds Progress::busy() const {
  if (waiting_) return std::chrono::milliseconds(0);
  const Clock::duration since = Clock::now().time_since_epoch() - Clock::duration(at_);
  return std::chrono::duration_cast<std::chrono::milliseconds>(since);
}

Progress::Here::Here(Progress& progress) {
  progress.note();
  progress.waiting_ = false;
  here_ = &progress;
}

Progress::Here::~Here() {
  here_->waiting_ = true;
  here_ = nullptr;
}

}  // namespace kontena
