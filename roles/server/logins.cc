#include "logins.h"

#include <sys/resource.h>

#include <thread>

#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"
#include "kontena/crypto/password.h"

namespace kontena::server {
namespace {

constexpr std::size_t least_password = 10, most_password = 256;
constexpr int low_priority = 10;

Error later(const std::string& what, Duration wait) {
  const auto seconds = std::max<std::int64_t>(1, (wait.count() + 999) / 1000);
  return {Code::exhausted, what, "try again in " + std::to_string(seconds) + " s"};
}

}  // namespace

void Logins::add(Counts& counts, const std::string& name, int free, Duration most, Duration now) const {
  if (counts.size() >= limits_.most_counted && !counts.contains(name)) {
    std::erase_if(counts, [&](const auto& each) { return each.second.last + limits_.forget <= now; });
    if (counts.size() >= limits_.most_counted)
      counts.erase(std::ranges::min_element(counts, {}, [](const auto& each) { return each.second.last; }));
  }
  Count& count = counts[name];
  if (count.attempts > 0 && count.last + limits_.forget <= now) count = {};
  count.attempts += 1;
  count.last = now;
  const int beyond = count.attempts - free;
  if (beyond >= 0) count.until = now + std::min(most, Duration(1'000) * (std::int64_t{1} << std::min(beyond, 20)));
}

Status Logins::begin(const std::string& name, const std::string& address, Duration now) {
  // Some type their password in place of their name.
  const std::string account = crypto::sha256_hex(name);
  return counted_.with([&](Counted& counted) -> Status {
    const auto wait = [&](const Counts& counts, const std::string& key) {
      const auto found = counts.find(key);
      return found == counts.end() ? Duration(0) : found->second.until - now;
    };
    const Duration left = std::max(wait(counted.accounts, account), wait(counted.addresses, address));
    if (left > Duration(0)) return later("too many attempts to log in", left);
    add(counted.accounts, account, limits_.free_of_account, limits_.most_of_account, now);
    add(counted.addresses, address, limits_.free_of_address, limits_.most_of_address, now);
    return Done{};
  });
}

void Logins::succeeded(const std::string& name, const std::string& address) {
  counted_.with([&](Counted& counted) {
    counted.accounts.erase(crypto::sha256_hex(name));
    // Of an address only this one is taken back: who has an account could else guess others' for ever.
    const auto found = counted.addresses.find(address);
    if (found == counted.addresses.end()) return;
    found->second.attempts -= 1;
    if (found->second.attempts < limits_.free_of_address) found->second.until = {};
    if (found->second.attempts <= 0) counted.addresses.erase(found);
  });
}

Status Logins::through_gate(auto&& work) {
  const int at_once = limits_.at_once > 0 ? limits_.at_once : std::thread::hardware_concurrency() > 2 ? 2 : 1;
  const bool in = gate_.with([&](Gate& gate) {
    if (gate.waiting >= limits_.waiting) return false;
    gate.waiting += 1;
    return true;
  });
  if (!in) return later("too many log in at this moment", Duration(5'000));
  const bool mine = gate_.wait_then(
      limits_.patience, [&](const Gate& gate) { return gate.running < at_once; },
      [&](Gate& gate) {
        gate.waiting -= 1;
        const bool free = gate.running < at_once;
        gate.running += free ? 1 : 0;
        return free;
      });
  if (!mine) return later("too many log in at this moment", Duration(5'000));
  // On a thread of its own, which may be slow: one's priority can be lowered, and not raised again.
  std::thread([&] {
    ::setpriority(PRIO_PROCESS, 0, low_priority);
    work();
  }).join();
  gate_.change([](Gate& gate) { gate.running -= 1; });
  return Done{};
}

Result<bool> Logins::verify(const Redacted& password, const std::string& text) {
  bool right = false;
  KTN_OK(through_gate([&] { right = crypto::verify_password(password, text); }));
  return right;
}

Result<std::string> Logins::hash(const Redacted& password, const std::string& salt) {
  std::string text;
  KTN_OK(through_gate([&] { text = crypto::hash_password(password, salt); }));
  return text;
}

const std::string& Logins::decoy() {
  static const std::string text = "scrypt$15$8$1$" + text::base64(std::string(crypto::password_salt_bytes, '\0')) + '$' +
                                  text::base64(std::string(32, '\0'));
  return text;
}

Status check_new_password(const std::string& user, const std::string& password) {
  if (password.size() < least_password)
    return Error{Code::invalid_argument, "the password is shorter than " + std::to_string(least_password) + " bytes"};
  if (password.size() > most_password)
    return Error{Code::invalid_argument, "the password is longer than " + std::to_string(most_password) + " bytes"};
  if (text::lower(password).find(user) != std::string::npos && password.size() < user.size() + 6)
    return Error{Code::invalid_argument, "the password is little more than the user's name"};
  return Done{};
}

}  // namespace kontena::server
