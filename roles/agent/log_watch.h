#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

namespace kontena::agent {

// Tells which files were written to, so that the others need no look (inotify(7)). A help and no promise: where the kernel
// watches no more files, or those of another machine, nothing is told. One thread.
class LogWatch {
 public:
  LogWatch();
  ~LogWatch();
  LogWatch(const LogWatch&) = delete;
  LogWatch& operator=(const LogWatch&) = delete;

  // The file that has that path now, in place of the one before. False: it is not watched.
  bool add(const std::string& key, const std::string& path);
  void remove(const std::string& key);

  // Whose files were written to, renamed or removed since the call before; nothing: too much has happened, it may be any.
  std::optional<std::set<std::string>> take();

 private:
  int descriptor_;
  std::map<int, std::string> keys_;
  std::map<std::string, int> watches_;
};

}  // namespace kontena::agent
