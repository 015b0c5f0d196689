#include "kontena/netlink/sysctl.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "descriptor.h"
#include "fault.h"
#include "kontena/base/text.h"

namespace kontena::netlink {
namespace {

Result<std::string> file_of(const std::vector<std::string>& path, const char* root) {
  std::string file = root;
  for (const std::string& piece : path) {
    bool wrong = piece.empty() || piece == "." || piece == "..";
    for (const char c : piece) wrong = wrong || c == '/' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (wrong) return Error{Code::invalid_argument, "'" + piece + "' cannot be part of a kernel setting's path"};
    file += "/" + piece;
  }
  return file;
}

Result<std::string> read(const std::string& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  char content[4096];
  const auto got = descriptor ? ::read(descriptor.number(), content, sizeof content) : -1;
  if (got < 0) return fault(errno).in("reading '" + file + "'");
  return std::string(text::trim(std::string_view(content, static_cast<std::size_t>(got))));
}

}  // namespace

Result<std::string> sysctl(const std::vector<std::string>& path, const char* root) {
  KTN_TRY(const auto file, file_of(path, root));
  return read(file);
}

Result<bool> set_sysctl(const std::vector<std::string>& path, std::string_view value, const char* root) {
  KTN_TRY(const auto file, file_of(path, root));
  KTN_TRY(const auto now, read(file));
  if (now == value) return false;
  const Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  // In one call: the kernel takes each for the whole value.
  if (!descriptor || ::write(descriptor.number(), value.data(), value.size()) < 0)
    return fault(errno).in("writing '" + std::string(value) + "' to '" + file + "'");
  return true;
}

}  // namespace kontena::netlink
