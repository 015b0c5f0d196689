#include "log_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

namespace kontena::agent {

LogWatch::LogWatch() : descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

LogWatch::~LogWatch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool LogWatch::add(const std::string& key, const std::string& path) {
  if (descriptor_ < 0) return false;
  const int watch = ::inotify_add_watch(descriptor_, path.c_str(), IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF);
  const auto known = watches_.find(key);
  if (known != watches_.end() && known->second == watch) return true;
  remove(key);
  if (watch < 0) return false;
  keys_[watch] = key;
  watches_[key] = watch;
  return true;
}

void LogWatch::remove(const std::string& key) {
  const auto known = watches_.find(key);
  if (known == watches_.end()) return;
  ::inotify_rm_watch(descriptor_, known->second);
  keys_.erase(known->second);
  watches_.erase(known);
}

std::optional<std::set<std::string>> LogWatch::take() {
  std::set<std::string> touched;
  bool lost = false;
  alignas(inotify_event) std::array<char, 16'384> buffer;
  // What comes meanwhile has its turn at the next call: a busy file would keep us here.
  for (int i = 0; i < 64 && descriptor_ >= 0; ++i) {
    const ssize_t got = ::read(descriptor_, buffer.data(), buffer.size());
    if (got <= 0) break;
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if (event->mask & IN_Q_OVERFLOW) lost = true;
      const auto key = keys_.find(event->wd);
      if (key == keys_.end()) continue;
      touched.insert(key->second);
      if (event->mask & IN_IGNORED) {  // the file is gone, and the kernel's watch with it
        watches_.erase(key->second);
        keys_.erase(key);
      }
    }
  }
  if (lost) return std::nullopt;
  return touched;
}

}  // namespace kontena::agent
