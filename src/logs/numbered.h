#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/result.h"

// Files that are named by a number, and writing to them.
namespace kontena::logs {

struct Numbered {
  std::uint64_t number = 0;
  std::string path;
};
std::vector<Numbered> numbered_in(const std::string& folder);  // by number; others are left alone
std::string numbered_path(const std::string& folder, std::uint64_t number);

Error failed(const std::string& doing, const std::string& path, int number);
// All of it, or an Error: then some of it may be there.
Status write_at(int fd, std::string_view bytes, std::uint64_t offset, const std::string& path);
Status read_at(int fd, std::string& bytes, std::uint64_t offset, const std::string& path);  // as many as there is room for
Status sync_folder(const std::string& folder);
struct DiskRoom {
  std::uint64_t size = 0, free = 0;
};
DiskRoom room_of(const std::string& folder);

}  // namespace kontena::logs
