"""How a task looks: state in words, a bar, its buttons, its faults and its log."""

from __future__ import annotations

from dashboard.regie.jobs.faults import faults_of
from dashboard.regie.jobs.task import State, Task
from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.words import Words

_LOG_LINES = 400


def words_of_jobs(words: Words) -> Words:
    """The same screen's words, with those of jobs."""
    return Words.of(words.language, words.timezone, words.now, "jobs")


def state_in_words(task: Task, words: Words) -> str:
    """As people say it: runs, 40 %; waits, 2 before it; refused."""
    said = words_of_jobs(words)
    if task.state is State.QUEUED:
        return said("job.queued_behind", count=task.before) if task.before else said("job.queued")
    if task.state is State.RUNNING and task.share is not None:
        return said("job.running_share", share=task.share)
    return said(f"job.{task.state}")


def bar(task: Task, words: Words) -> Markup:
    """Progress, with the same in words for whoever does not see it; nothing unless the task runs."""
    if task.state not in (State.RUNNING, State.ENDING):
        return Markup()
    share = 0.0 if task.share is None else task.share
    inner = tag("span", style=f"width: {100.0 * share:.0f}%")
    known = None if task.share is None else f"{100.0 * share:.0f}"
    label = words_of_jobs(words)("job.progress")
    return tag(
        "span",
        inner,
        class_="bar",
        role="progressbar",
        aria_label=label,
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=known,
    )


def buttons(task: Task, words: Words, root: str) -> Markup:
    """What can be done with it. ``root``: the room's address; ``data-focus`` keeps the focus while the list refreshes."""
    said = words_of_jobs(words)
    deeds = [("cancel", "job.cancel_sure")] if task.waits else []
    if task.resumes:
        deeds.append(("again", ""))
    if not task.waits:
        deeds.append(("remove", "job.remove_sure"))
    return join(
        [
            tag(
                "form",
                tag(
                    "button",
                    said(f"job.{deed}"),
                    type="submit",
                    class_="button",
                    data_focus=f"{deed}-{task.id}",
                    aria_label=f"{said(f'job.{deed}')}: {task.target}",
                ),
                data_post=f"{root}task/{task.id}/{deed}?lang={words.language}",
                data_confirm=said(sure, what=task.target) if sure else None,
            )
            for deed, sure in deeds
        ]
    )


def fault_list(task: Task, log: str, words: Words) -> Markup:
    """Every fault of a refused task: where, what is there, what was expected, what helps."""
    said = words_of_jobs(words)
    found = faults_of(log, str(task.folder)) if task.state is State.REFUSED else ()
    if not found:
        return Markup()
    rows = [tag("tr", *(tag("td", text) for text in (fault.place, fault.value, fault.limit, fault.remedy))) for fault in found]
    heads = tag("tr", *(tag("th", said(f"job.fault_{name}"), scope="col") for name in ("place", "value", "limit", "remedy")))
    caption = tag("caption", "▲ ", said("job.refused_because", count=words.number(len(found))))
    return tag("table", caption, tag("thead", heads), tag("tbody", *rows), class_="faults")


def progress_and_log(task: Task, log: str, words: Words, root: str) -> Markup:
    """The refreshing part of a task's page: state, bar, buttons, faults, the end of its log."""
    said = words_of_jobs(words)
    lines = [line for line in log.replace("\r", "\n").splitlines() if line.strip() and not line.startswith("{")]
    shown = "\n".join(lines[-_LOG_LINES:])
    head = tag("strong", state_in_words(task, words))
    state = tag("div", head, bar(task, words), buttons(task, words, root), class_="task-state", data_waits=task.waits)
    listing = tag("pre", shown, class_="log", tabindex=0, aria_label=said("job.log"), data_focus=f"log-{task.id}")
    failed = task.state in (State.FAILED, State.REFUSED, State.UNKNOWN)
    details = tag("details", tag("summary", said("job.log")), listing, open=failed or task.waits)
    return join([state, fault_list(task, log, words), details if shown else None])
