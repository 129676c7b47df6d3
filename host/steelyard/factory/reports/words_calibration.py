"""Sentences of the calibration report, in English and Chinese; part of `words`.

Owns: them. Refuses: nothing. Units: none.
"""

from __future__ import annotations

CALIBRATION: dict[str, tuple[str, str]] = {
    "calibrated": ("Instrument and calibration", "器具与校准"),
    "generation": ("Generation of the calibration", "校准代次"),
    "digest": ("Digest", "摘要"),
    "signed record": ("Signed record no.", "签名记录号"),
    "method": ("Fit", "拟合方法"),
    "no conformity": (
        "Errors and their uncertainties are stated. No conformity is stated: maximum permissible"
        " errors are drawn for comparison only, and the uncertainty is not taken from them.",
        "本报告给出误差及其不确定度，不作符合性声明：图中最大允许误差仅供比较，未扣除不确定度。",
    ),
    "as found": ("As found, before the adjustment", "校准前状态（调整之前）"),
    "as left": ("As left, after the adjustment", "校准后状态（调整之后）"),
    "no as found": (
        "No errors were measured before the adjustment: what the instrument showed until then is"
        " not known.",
        "调整之前未测量误差：此前的示值情况不明。",
    ),
    "no as left": (
        "No errors were measured after the adjustment: that it is right now is not shown here.",
        "调整之后未测量误差：本报告不能证明现在的示值正确。",
    ),
    "not given": (
        "The record of test {0} was not at hand; its errors are not in this report.",
        "未取得试验 {0} 的记录，本报告不含其误差。",
    ),
    "from test": ("Errors of test {0}, {1}, by {2}.", "误差取自试验 {0}，{1}，试验人员 {2}。"),
    "no errors": ("Test {0} has no errors of loads.", "试验 {0} 没有载荷误差。"),
    "test broken": (
        "Test {0} was not carried through: phases without a verdict are {1}.",
        "试验 {0} 未完成：无结论的阶段为 {1}。",
    ),
    "adjustment": ("Adjustment", "调整"),
    "direction": ("direction", "方向"),
    "counts": ("counts / 16", "计数 / 16"),
    "residual": ("residual", "残差"),
    "pieces": ("weights", "砝码"),
    "mean of zero": ("empty", "空载"),
    "checked": (
        "A second weight of {0} {1} ({2}) was off by {3} {4} before the commit; {5} {4} were"
        " allowed.",
        "提交前用另一砝码 {0} {1}（{2}）核对，偏差 {3} {4}，允许 {5} {4}。",
    ),
    "not checked": (
        "No second weight was tried before the commit.",
        "提交前未用另一砝码核对。",
    ),
    "gravity": ("Gravity", "重力加速度"),
    "place": ("place", "地点"),
    "calibrated at": ("calibrated at", "校准地点"),
    "used at": ("to be used at", "使用地点"),
    "g": ("g / (m/s²)", "g / (m/s²)"),
    "gravity text": (
        "The weight that the terminal shows is multiplied by g of the place of calibration over g"
        " of the place of use, {0}. Without that it would be off by {1} millionths there, {2} {3}"
        " at Max ({4} e). Errors in this report were measured at the place that their test names.",
        "终端示值乘以校准地点与使用地点的 g 之比 {0}。不作此修正，在使用地点将偏差百万分之 {1}，"
        "最大秤量时 {2} {3}（{4} e）。本报告的误差在相应试验所列地点测得。",
    ),
    "no gravity": (
        "No correction for gravity: the instrument weighs where it was calibrated, or at a place"
        " with the same g.",
        "未作重力修正：器具在校准地点或 g 相同的地点使用。",
    ),
    "U": ("U(E)", "U(E)"),
    "k": ("k", "k"),
    "freedom": ("ν eff", "ν eff"),
    "budget": ("Uncertainty", "不确定度"),
    "budget of": (
        "Budget of the error at {0} {1} (EURAMET cg-18, version 4.0)",
        "载荷 {0} {1} 处误差的不确定度分量（EURAMET cg-18 第 4.0 版）",
    ),
    "contribution": ("contribution", "分量"),
    "formula": ("u", "u 的算式"),
    "half value": ("value", "数值"),
    "distribution": ("distribution", "分布"),
    "standard": ("u", "u"),
    "nu": ("ν", "ν"),
    "normal": ("normal", "正态"),
    "rectangular": ("rectangular", "矩形"),
    "zero set": ("zero after setting", "置零后的零点"),
    "rounding at zero": ("resolution at zero", "零点分辨力"),
    "rounding at load": ("resolution at the load", "载荷处分辨力"),
    "repeatability": ("repeatability", "重复性"),
    "eccentricity": ("eccentricity", "偏载"),
    "weights of": ("weights", "砝码"),
    "drift of the weights": ("drift of the weights", "砝码漂移"),
    "buoyancy": ("buoyancy, not corrected", "空气浮力（未修正）"),
    "gravity none": ("gravity, none", "重力（无此分量）"),
    "u of I": ("u(I)", "u(I)"),
    "u of m": ("u(m_ref)", "u(m_ref)"),
    "u of E": ("u(E)", "u(E)"),
    "expanded": ("U(E) = k·u(E), k = {0}", "U(E) = k·u(E)，k = {0}"),
    "expanded text": (
        "U is the standard uncertainty times k, for a coverage of about 95 %. k is 2, unless the"
        " repeatability comes from fewer than ten weighings and decides: then it is Student's"
        " factor for 95.45 % and the effective degrees of freedom. Zero and load were read to a"
        " tenth of e, which is what is rounded here.",
        "U 为标准不确定度乘以包含因子 k，包含概率约 95 %。k 取 2；若重复性称量少于 10 次且起主导"
        "作用，则按有效自由度取 95.45 % 的 t 因子。零点和载荷均读到 0.1 e，此处按该分辨力计算。",
    ),
    "several bodies": (
        "Loads of several weights lie beside the middle: eccentricity is in their uncertainty, and"
        " often decides. One weight for each load makes it smaller.",
        "多个砝码组成的载荷偏离中心，其不确定度含偏载分量，且常起主导作用；每个载荷只用一个砝码"
        "可减小不确定度。",
    ),
    "no repeatability": (
        "No uncertainty: the test has no repeatability.",
        "无不确定度：试验没有重复性数据。",
    ),
    "no eccentricity": (
        "No uncertainty: loads are of several weights, and the test has no eccentricity.",
        "无不确定度：载荷由多个砝码组成，而试验没有偏载数据。",
    ),
    "no pieces": (
        "No uncertainty where the record does not say which weights made the load.",
        "记录未说明载荷由哪些砝码组成之处，无不确定度。",
    ),
    "no row": (
        "No uncertainty: weight {0} is not among those of the record.",
        "无不确定度：记录的砝码中没有 {0}。",
    ),
    "bad row": (
        "No uncertainty: the row of weight {0} cannot be used ({1}).",
        "无不确定度：砝码 {0} 的数据不可用（{1}）。",
    ),
    "other load": (
        "No uncertainty: the weights named make {0}, which is not the load.",
        "无不确定度：所列砝码合计 {0}，与载荷不符。",
    ),
    "use": ("In use", "使用中的不确定度"),
    "use text": (
        "Of a single reading R in use, with the error not corrected: U(W) = {0} {1} + {2} · R"
        " (least squares through 2 u(W) + |E| of the points above; rounded to e, temperature and"
        " later drift of the adjustment not included).",
        "使用中单次读数 R（误差不作修正）：U(W) = {0} {1} + {2} · R（由上列各点的 2 u(W) + |E| 按"
        "最小二乘得出；示值化整到 e，不含温度和调整后的漂移）。",
    ),
    "least weight": (
        "The least weight with U(W) of {0} % or better is {1} {2}; with a safety factor of two,"
        " {3} {2}.",
        "U(W) 不超过 {0} % 的最小称量为 {1} {2}；安全系数取 2 时为 {3} {2}。",
    ),
    "beyond Max": ("beyond Max", "超过最大秤量"),
    "figure as found": ("As found: error against load", "校准前：误差与载荷的关系"),
    "figure as left": (
        "As left: error against load with U(E)",
        "校准后：误差与载荷的关系，附 U(E)",
    ),
}
