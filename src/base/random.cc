#include "kontena/base/random.h"

#include <sys/random.h>

#include <cstring>

#include "kontena/base/panic.h"
#include "kontena/base/text.h"

namespace kontena {

std::string IdSource::id() { return text::hex(bytes(6)); }

std::uint64_t IdSource::number() {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes(sizeof number).data(), sizeof number);
  return number;
}

std::string SystemIds::bytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const auto got = ::getrandom(bytes.data() + have, count - have, 0);
    KTN_ASSERT(got > 0 || errno == EINTR, "the kernel gives random numbers");
    if (got > 0) have += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::string CountedIds::bytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::uint64_t number = next_++;
  for (std::size_t i = count; i > 0 && number > 0; --i, number >>= 8) bytes[i - 1] = static_cast<char>(number & 0xff);
  return bytes;
}

}  // namespace kontena
