#pragma once

#include <functional>
#include <map>
#include <string>

#include "errands.h"
#include "uplink.h"

namespace kontena::agent {

inline constexpr std::size_t most_asks = 16;
inline constexpr std::size_t longest_answer = 8u << 20;  // bytes: what the server takes

// Who answers which kind of question (api::Ask). One is to be done when `patience` is
// over: nobody waits for it any more.
using Answerer = std::function<Result<std::string>(const std::string& body, Duration patience)>;
using Answerers = std::map<std::string, Answerer, std::less<>>;

// From a function of one struct that gives another.
template <class Ask, class Answer>
Answerer answerer(std::function<Result<Answer>(const Ask&)> act) {
  return [act = std::move(act)](const std::string& body, Duration) -> Result<std::string> {
    KTN_TRY(const Ask ask, codec::from_json<Ask>(body));
    KTN_TRY(const Answer answer, act(ask));
    return codec::to_json(answer);
  };
}

// Answers what the server passes on, each question on a thread of its own.
class Asks {
 public:
  Asks(Context context, Uplink& uplink, Answerers answerers)
      : context_(std::move(context)), uplink_(uplink), answerers_(std::move(answerers)) {}

  void open(const api::Ask&);

 private:
  Context context_;
  Uplink& uplink_;
  const Answerers answerers_;
  Errands running_;
};

}  // namespace kontena::agent
