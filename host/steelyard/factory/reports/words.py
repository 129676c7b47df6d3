"""Every sentence of the reports, in English and Chinese.

Owns: the translations, and which languages there are. Refuses: KeyError, a sentence that is not
here. Units: none. What people and records say is not translated: it is printed as it is.
"""

from __future__ import annotations

from collections.abc import Callable

from steelyard.factory.reports.names import NAMES, SAID
from steelyard.factory.reports.words_calibration import CALIBRATION

LANGUAGES = ("en", "zh")
Say = Callable[..., str]

GENERAL: dict[str, tuple[str, str]] = {
    "test report": ("Test report of a weighing instrument", "衡器试验报告"),
    "calibration report": ("Calibration report of a weighing instrument", "衡器校准报告"),
    "report": ("Report", "报告"),
    "page": ("page {0} of {1}", "第 {0} 页，共 {1} 页"),
    "draft": ("DRAFT until a person signs; no certificate", "草案，签字前无效；非证书"),
    "test key": (
        "TEST KEY: its signatures prove nothing",
        "测试密钥（TEST）：其签名不能证明任何事项",
    ),
    "virtual": (
        "VIRTUAL TERMINAL: no real instrument",
        "虚拟终端：没有使用真实衡器",
    ),
    "not a certificate": (
        "A program made this report from the record that is named in it. It is a draft until a"
        " person has signed it. It is no certificate of calibration or verification, and no"
        " conformity with a recommendation is claimed by it.",
        "本报告由程序根据文中所列记录生成，经人员签字前为草案。本报告不是校准证书或检定证书，"
        "不声明符合任何国际建议或规程。",
    ),
    # Verdicts
    "verdict passed": ("PASSED", "合格"),
    "verdict legal": (
        "FAILED at the factory limit, passed at the legal limit",
        "工厂限不合格，法定限合格",
    ),
    "verdict failed": ("FAILED", "不合格"),
    "verdict stopped": ("NOT COMPLETE: the test was stopped", "未完成：试验被中止"),
    "verdict error": ("NOT COMPLETE: no verdict", "未完成：无结论"),
    "counted": (
        "{0} of {1} phases passed at the legal limit, {2} at the factory limit.",
        "共 {1} 个阶段：法定限合格 {0} 个，工厂限合格 {2} 个。",
    ),
    "missing short": ("{0} of {1} not measured", "{1} 项中 {0} 项未测量"),
    "unseen short": ("nobody looked at {0} of {1}", "{1} 项中 {0} 项无人查看"),
    "values": ("values", "数值个数"),
    "time": ("Time (UTC)", "时间（UTC）"),
    "no phases": ("Nothing was tested.", "没有进行任何试验。"),
    "passed": ("passed", "合格"),
    "failed": ("FAILED", "不合格"),
    "error": ("NO VERDICT", "无结论"),
    "stopped": ("STOPPED", "中止"),
    "pass": ("pass", "合格"),
    "fail": ("FAIL", "不合格"),
    "none": ("none", "无"),
    # Parts
    "identification": ("Instrument and test", "器具与试验"),
    "summary": ("Summary", "结论汇总"),
    "decision": ("Decision rule", "判定规则"),
    "general": ("General information", "一般信息"),
    "conditions": ("Conditions", "环境条件"),
    "measurements": ("Measurements", "测量结果"),
    "weights": ("Weights", "标准砝码"),
    "signatures": ("Signatures", "签字"),
    "no weights": (
        "The record names no weights: what the loads really weighed is not documented.",
        "记录中没有砝码信息：载荷的实际质量没有文件依据。",
    ),
    "decision text": (
        "Legal limit: simple acceptance. A value passes if it is within the limit, bounds"
        " included; the uncertainty is not subtracted, because weights are allowed an error of a"
        " third of the maximum permissible one (OIML R 76-1, 3.7.1). Values are compared before"
        " they are rounded for print.",
        "法定限：简单接受。数值在限值以内（含边界）即为合格，不扣除不确定度，因为砝码误差不超过"
        "最大允许误差的三分之一（OIML R 76-1，3.7.1）。比较时使用未修约的数值。",
    ),
    "decision guard": (
        "Factory limit: guard band. Errors may reach {0} % of the legal limit, zero and tare {1}"
        " %; the rest is left for transport, temperature and the verifier's weights. A test passes"
        " if every phase passes at both limits.",
        "工厂限：保护带。误差不超过法定限的 {0} %，零点和皮重不超过 {1} %，其余留给运输、温度和"
        "检定砝码。各阶段在两种限值下均合格，试验才合格。",
    ),
    "rules": ("Rules {0}, digest {1}.", "规则 {0}，摘要 {1}。"),
    "other rules": (
        "The verdicts were computed again with rules {0}, digest {1}; the record was judged with"
        " others.",
        "结论已按规则 {0}（摘要 {1}）重新计算；记录当时使用的是其他规则。",
    ),
    "recomputed": (
        "Computed again, {0} values differ from what the record says. The tables show what is"
        " computed now. The first of them: {1}",
        "重新计算后有 {0} 个数值与记录不同。表中为现在计算的结果。其中第一项：{1}",
    ),
    # Phases
    "missing": (
        "Declared and never measured: {0}. This phase has no verdict.",
        "已声明但未测量：{0}。本阶段无结论。",
    ),
    "unseen": (
        "For a person to look at, and nobody did: {0}. Without that this phase does not pass.",
        "需由人员目视检查而无人查看：{0}。未检查前本阶段不能判为合格。",
    ),
    "why": ("The phase ended early: {0}", "本阶段提前结束：{0}"),
    "was stopped": (
        "The phase was stopped before its end. What was measured counts for nothing.",
        "本阶段未完成即被中止，已测数值不作为结论。",
    ),
    "nothing measured": ("Nothing was measured.", "没有测量值。"),
    "unusable": ("cannot be judged: {0}", "无法判定：{0}"),
    "weights on": ("Weights put on: {0}", "所用砝码：{0}"),
    "left out": ("{0} more", "另有 {0} 项"),
    "changeover": ("0.1 e, changeover point", "0.1 e，闪变点法"),
    "fine": ("0.1 d, terminal's tenths", "0.1 d，终端细分示值"),
    "no load": ("no errors are found", "不测定误差"),
    "Max": ("Max", "最大秤量 Max"),
    "Min": ("Min", "最小秤量 Min"),
    "e = d": ("e", "检定分度值 e"),
    "class": ("Class", "准确度等级"),
    "auto-zero": ("Zero-tracking", "零点跟踪"),
    "application no": ("Application no.", "申请编号"),
    "type designation": ("Type designation", "型号"),
    "serial": ("Serial number", "出厂编号"),
    "date": ("Date", "日期"),
    "observer": ("Observer", "试验人员"),
    "resolution": ("Resolution during test", "试验分辨力"),
    "temperature": ("Temperature", "温度"),
    "humidity": ("Relative humidity", "相对湿度"),
    "pressure": ("Pressure", "气压"),
    "start": ("Start (UTC)", "开始（UTC）"),
    "end": ("End (UTC)", "结束（UTC）"),
    "record": ("Record", "记录"),
    "plan": ("Plan", "试验方案"),
    "station": ("Station", "工位"),
    "tracking": ("in operation", "运行"),
    "no tracking": ("not in operation", "不运行"),
    "not recorded": ("not recorded", "未记录"),
    # Columns
    "measurement": ("measurement", "项目"),
    "phase": ("phase", "阶段"),
    "clause": ("clause", "条款"),
    "clause of": ("{0} (clause {1})", "{0}（条款 {1}）"),
    "legal": ("legal", "法定"),
    "factory": ("factory", "工厂"),
    "limit": ("legal limit", "法定限"),
    "factory limit short": ("factory limit", "工厂限"),
    "remark": ("remark", "备注"),
    "load": ("load L", "载荷 L"),
    "indication": ("indication I", "示值 I"),
    "added": ("added ΔL", "附加 ΔL"),
    "tenths": ("tenths P", "细分示值 P"),
    "E": ("E", "E"),
    "Ec": ("Ec", "Ec"),
    "before": ("P before", "先前 P"),
    "change": ("change", "变化"),
    "n": ("n", "次数"),
    "spread": ("spread", "极差"),
    "errors of": ("errors", "各次误差"),
    "shown": ("shown", "显示值"),
    "put on": ("put on", "实加载荷"),
    "shown before": ("before", "加载前"),
    "shown after": ("after 1.4 d", "加 1.4 d 后"),
    "printed value": ("printed", "打印值"),
    "rise": ("rise − d", "增量 − d"),
    "difference": ("difference", "差值"),
    "value": ("value", "数值"),
    "unit": ("unit", "单位"),
    "is": ("is", "实际"),
    "should": ("should be", "应为"),
    "read": ("read", "读数"),
    "asked": ("to be seen", "目视内容"),
    "seen": ("found", "检查结果"),
    "minutes": ("min", "分钟"),
    "celsius": ("°C", "°C"),
    "kelvin": ("K", "K"),
    "tare": ("tare", "皮重"),
    "formulas": (
        "P = I + e/2 − ΔL, or the terminal's tenths; E = P − L; Ec = E − E0, with E0 = {0} {1}.",
        "P = I + e/2 − ΔL，或终端细分示值；E = P − L；Ec = E − E0，其中 E0 = {0} {1}。",
    ),
    "formulas several": (
        "P = I + e/2 − ΔL, or the terminal's tenths; E = P − L; Ec = E − E0, with the E0 that was"
        " measured last before.",
        "P = I + e/2 − ΔL，或终端细分示值；E = P − L；Ec = E − E0，E0 为此前最近一次测得值。",
    ),
    # Figures
    "legal limit": ("legal limit (mpe)", "法定限（最大允许误差）"),
    "factory limit": ("factory limit", "工厂限"),
    "figure errors": ("Error against load", "误差与载荷的关系"),
    "figure hysteresis": (
        "Error against load, up and down; the largest hysteresis is {0} {1}, at {2} {3}",
        "加载与卸载的误差；最大滞后 {0} {1}，载荷 {2} {3}",
    ),
    "figure repeatability": (
        "Repeatability; shaded is the spread that is allowed",
        "重复性；阴影为允许的极差",
    ),
    "figure eccentricity": ("Eccentricity, {0} at {1} {2}", "偏载误差（{0}），载荷 {1} {2}"),
    "figure creep": ("Creep", "蠕变"),
    "figure temperature": ("Error against load at temperatures", "各温度下的误差"),
    "figure zero": ("Change of zero from temperature to temperature", "零点随温度的变化"),
    "axis load": ("load / {0}", "载荷 / {0}"),
    "axis error": ("error / {0}", "误差 / {0}"),
    "axis time": ("time / min", "时间 / min"),
    "axis change": ("change / {0}", "变化 / {0}"),
    "axis number": ("number of the weighing", "称量序号"),
    "series up": ("up", "加载"),
    "series down": ("down", "卸载"),
    "series error": ("error", "误差"),
    "series tare": ("tare {0} {1}", "皮重 {0} {1}"),
    "series change": ("change", "变化"),
    "within 30": ("0.5 e in 30 min", "30 分钟 0.5 e"),
    "within late": ("0.2 e from 15 to 30 min", "15 至 30 分钟 0.2 e"),
    "zero return": ("zero return", "回零"),
    "operator side": ("side of the operator", "操作者一侧"),
    # Signatures
    "sign observer": ("Observer", "试验人员"),
    "sign checked": ("Checked by", "核验人员"),
    "sign line": ("name, date, signature", "姓名、日期、签字"),
}
WORDS = {**GENERAL, **CALIBRATION}


def speaker(language: str) -> Say:
    """say(key, *values): a sentence in a language; KeyError."""
    column = LANGUAGES.index(language)

    def say(key: str, *values: object) -> str:
        return WORDS[key][column].format(*values)

    return say


def said_text(text: str, language: str) -> str:
    """What the program itself writes into a record as a whole text; others stay as they are."""
    return text if language == "en" else SAID.get(text, text)


def name_of(text: str, language: str) -> str:
    """What a name of a record (a phase, a measurement, a field) is called; unknown ones stay.

    The longest beginning that is known is translated, and what follows it by itself.
    """
    if language == "en":
        return NAMES[text][0] if text in NAMES else text
    words = text.split(" ")
    for size in range(len(words), 0, -1):
        known = NAMES.get(" ".join(words[:size]))
        if known is not None:
            rest = " ".join(words[size:])
            return known[1] + (" " + name_of(rest, language) if rest else "")
    first, _, rest = text.partition(" ")
    return first + (" " + name_of(rest, language) if rest else "")
