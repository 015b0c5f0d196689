#include "kontena/alerts/lines.h"

namespace kontena::alerts {

void LineWindow::add(std::int64_t at_ms, const std::string& subject, std::string newest) {
  if (!subjects_.contains(subject) && subjects_.size() >= most_subjects) return;
  Subject& known = subjects_[subject];
  ++known.parts[at_ms / part_ms()];
  if (at_ms < known.newest_ms) return;
  known.newest_ms = at_ms;
  known.newest = std::move(newest);
}

std::map<std::string, Lines> LineWindow::lines(std::int64_t now_ms) {
  const std::int64_t first = (now_ms - length_ms_) / part_ms();
  std::map<std::string, Lines> found;
  for (auto at = subjects_.begin(); at != subjects_.end();) {
    Subject& subject = at->second;
    subject.parts.erase(subject.parts.begin(), subject.parts.upper_bound(first));
    if (subject.parts.empty()) {
      at = subjects_.erase(at);
      continue;
    }
    Lines& lines = found[at->first];
    for (const auto& [part, count] : subject.parts) lines.count += count;
    lines.newest = subject.newest;
    ++at;
  }
  return found;
}

}  // namespace kontena::alerts
