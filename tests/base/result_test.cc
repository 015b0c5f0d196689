#include "kontena/base/result.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "kontena/base/id.h"
#include "kontena/base/redacted.h"

namespace kontena {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{Code::invalid_argument, std::to_string(number) + " is odd"};
  return number / 2;
}

Result<int> quarter(int number) {
  KTN_TRY(const int once, half(number));
  KTN_TRY(const int twice, half(once));
  return twice;
}

Status all_even(int a, int b) {
  KTN_OK(half(a));
  KTN_OK(half(b));
  return Done{};
}

}  // namespace

TEST_CASE("a result has either its value or its error") {
  const auto good = half(4);
  REQUIRE(good.has_value());
  CHECK(*good == 2);
  const auto bad = half(3);
  REQUIRE(!bad);
  CHECK(bad.error().code == Code::invalid_argument);
  CHECK(bad.error().message == "3 is odd");
}

TEST_CASE("KTN_TRY and KTN_OK hand the first error on, and go on without one") {
  CHECK(*quarter(8) == 2);
  CHECK(quarter(6).error().message == "3 is odd");
  CHECK(quarter(5).error().message == "5 is odd");
  CHECK(all_even(2, 4));
  CHECK(all_even(2, 5).error().message == "5 is odd");
}

TEST_CASE("a value that can only be moved gets out of a result") {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  CHECK(**result == 7);
  const std::unique_ptr<int> owned = *std::move(result);
  CHECK(*owned == 7);
}

TEST_CASE("an error says what was being done, outermost first, and keeps code and hint") {
  const Error error = Error{Code::conflict, "moved on", "try again"}.in("placing web").in("deploying shop");
  CHECK(error.message == "deploying shop: placing web: moved on");
  CHECK(error.code == Code::conflict);
  CHECK(error.hint == "try again");
}

TEST_CASE("each code has a name of its own that leads back to it, and statuses that fit it") {
  const Code codes[] = {Code::invalid_argument,
                        Code::unauthenticated,
                        Code::permission_denied,
                        Code::not_found,
                        Code::already_exists,
                        Code::conflict,
                        Code::failed_precondition,
                        Code::expired,
                        Code::exhausted,
                        Code::unplaceable,
                        Code::unhealthy,
                        Code::unavailable,
                        Code::deadline_exceeded,
                        Code::unsupported,
                        Code::corrupt,
                        Code::internal};
  for (const Code code : codes) {
    CAPTURE(name(code));
    CHECK(code_named(name(code)) == code);
    CHECK(http_status(code) >= 400);
    CHECK(http_status(code) < 600);
    CHECK(exit_status(code) > 0);
    CHECK(exit_status(code) < 64);
  }
  CHECK(std::size(codes) == static_cast<std::size_t>(Code::internal) + 1);
  CHECK(!code_named(""));
  CHECK(!code_named("ok"));
  CHECK(name(Code::not_found) == "not_found");
  CHECK(http_status(Code::not_found) == 404);
  CHECK(exit_status(Code::unavailable) == 7);
}

TEST_CASE("ids compare with their own kind and show their text") {
  using AppleId = Id<struct AppleTag>;
  static_assert(!std::is_convertible_v<AppleId, std::string>);
  static_assert(!std::is_convertible_v<std::string, AppleId>);
  static_assert(!std::is_same_v<AppleId, Id<struct PearTag>>);
  CHECK(AppleId("a") < AppleId("b"));
  CHECK(*AppleId("a") == "a");
  CHECK(AppleId().empty());
}

TEST_CASE("a secret shows itself only when it is asked to") {
  const Redacted secret("hunter2");
  CHECK(format_as(secret) == "***");
  CHECK(secret.reveal() == "hunter2");
}

}  // namespace kontena
